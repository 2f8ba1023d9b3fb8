# The values that the package must reach, by R's survey and spdep (Debian: r-cran-survey, r-cran-spdep).
# Run in this folder: Rscript reference.R [file to write]. Inputs: inputs.py.
suppressPackageStartupMessages({ library(survey); library(spdep) })
options(survey.lonely.psu = "adjust")
out <- commandArgs(trailingOnly = TRUE)[1]
if (is.na(out)) out <- "reference.csv"
text <- c(code = "character", dep = "character")
communes <- read.csv("communes.csv", colClasses = text)
people <- read.csv("people.csv", colClasses = text)
communes$responded <- communes$responded == "True"
people$member <- as.numeric(people$member == "True")
N <- nrow(communes); n <- sum(communes$responded)
values <- list()
keep <- function(name, value) values[[name]] <<- as.numeric(value)

# Who answered
both <- table(communes$responded, communes$size)
keep("chi2", suppressWarnings(chisq.test(both, correct = FALSE))$statistic)
keep("g", 2 * sum(both * log(both / chisq.test(both)$expected)))
for (s in colnames(both)) {
  two <- cbind(both[, s], rowSums(both) - both[, s])
  keep(paste0("fisher_", s), fisher.test(two)$p.value)
  ci <- binom.test(both["TRUE", s], sum(both[, s]))$conf.int
  keep(paste0("rate_low_", s), ci[1]); keep(paste0("rate_high_", s), ci[2])
  k <- 0:N; x <- both["TRUE", s]
  fits <- phyper(x - 1, k, N - k, n, lower.tail = FALSE) > 0.025 & phyper(x, k, N - k, n) > 0.025
  keep(paste0("least_", s), min(k[fits])); keep(paste0("most_", s), max(k[fits]))
}
rows <- sapply(colnames(both), function(s) values[[paste0("fisher_", s)]])
for (s in colnames(both)) keep(paste0("q_", s), p.adjust(rows, "BH")[s])
model <- glm(responded ~ dep + size, binomial, communes, control = glm.control(epsilon = 1e-14, maxit = 100))
rho <- fitted(model)
keep("rho_1", rho[1]); keep("rho_300", rho[300]); keep("r", 1 - 2 * sd(rho))
z <- rho * (1 - rho) * model.matrix(model); zc <- scale(z, scale = FALSE); V <- vcov(model)
keep("r_adjusted", 1 - 2 * sqrt(var(rho) - sum(diag(zc %*% V %*% t(zc))) / (N - 1)))

# Designs: communes are clusters, each of the m respondents of one weighs N / n / m
people$N <- N
# An item that was not answered is a domain of the design; its missing value must then be some number.
answered <- lapply(people[c("used", "score")], function(values) !is.na(values))
people[c("used", "score")] <- lapply(people[c("used", "score")], function(values) replace(values, is.na(values), 0))
people$d <- N / n / ave(rep(1, nrow(people)), people$code, FUN = sum)
plain <- svydesign(~code, weights = ~d, fpc = ~N, data = people)
totals <- function(f) colSums(model.matrix(f, communes))
cal <- function(design, ...) calibrate(design, ~dep + size, totals(~dep + size), calfun = "raking",
                                       epsilon = 1e-13, maxit = 200, ...)
raked <- cal(plain)
# The derivative of survey 4.1's own bounded raking tests the wrong bounds; this one is right.
clipped <- make.calfun(function(u, bounds) pmin(pmax(exp(u), bounds$lower), bounds$upper) - 1,
                       function(u, bounds) ifelse(exp(u) > bounds$lower & exp(u) < bounds$upper, exp(u), 0),
                       "clipped raking")
bounded <- calibrate(plain, ~dep + size, totals(~dep + size), calfun = clipped, bounds = c(0.3, 2.3),
                     epsilon = 1e-13, maxit = 200)
crossed <- postStratify(plain, ~size, as.data.frame(table(size = communes$size)))
# svyciprop counts the rows of a calibrated design, of whatever domain: its formula, with those that answered.
korn_graubard <- function(m, rows, df) {
  p <- coef(m); n <- p * (1 - p) / vcov(m) * (qt(0.025, rows - 1) / qt(0.025, df))^2
  c(qbeta(0.025, n * p, n * (1 - p) + 1), qbeta(0.975, n * p + 1, n * (1 - p)))
}
for (name in c("plain", "raked", "bounded", "crossed")) {
  design <- get(name)
  keep(paste0(name, "_w1"), weights(design)[1])
  keep(paste0(name, "_w2"), sum(weights(design)^2))
  for (item in c("used", "score")) {
    f <- as.formula(paste0("~", item))
    known <- design[answered[[item]], ]
    m <- svymean(f, known)
    keep(paste(name, item, "mean", sep = "_"), coef(m))
    keep(paste(name, item, "se", sep = "_"), SE(m))
  }
  known <- design[answered$used, ]
  ci <- if (name == "plain") confint(svyciprop(~used, known, method = "beta"))
        else korn_graubard(svymean(~used, known), sum(answered$used), degf(known))
  keep(paste0(name, "_used_low"), ci[1]); keep(paste0(name, "_used_high"), ci[2])
  scored <- design[answered$score, ]
  ci <- confint(svymean(~score, scored), df = degf(scored))
  keep(paste0(name, "_score_low"), ci[1]); keep(paste0(name, "_score_high"), ci[2])
  by <- svyby(~score, ~dep, scored, svymean)
  for (dep in rownames(by)) {
    keep(paste(name, "score", dep, "mean", sep = "_"), by[dep, "score"])
    keep(paste(name, "score", dep, "se", sep = "_"), by[dep, "se"])
  }
  keep(paste0(name, "_median"), coef(svyquantile(~score, scored, 0.5, qrule = "math")))
}

# Adherents against others: no finite population
open <- svydesign(~code, weights = ~d, data = people)
open_raked <- cal(open)
for (name in c("open", "open_raked")) for (item in c("used", "score")) for (kind in c("gap", "adjusted")) {
  right <- if (kind == "gap") "member" else "member + dep + size"
  model <- svyglm(as.formula(paste(item, "~", right)), get(name)[answered[[item]], ])
  keep(paste(name, item, kind, sep = "_"), coef(model)["member"])
  keep(paste(name, item, kind, "se", sep = "_"), SE(model)["member"])
}

# Space
touching <- nb2listw(cell2nb(15, 20, type = "queen"), style = "B")
y <- as.numeric(communes$responded)
keep("moran", moran.test(y, touching)$estimate[1])
joins <- joincount.test(factor(y), touching)
keep("joins_none", joins[[1]]$estimate[1]); keep("joins_both", joins[[2]]$estimate[1])
keep("joins_mixed", joincount.multi(factor(y), touching)["1:0", "Joincount"])
write.csv(data.frame(name = names(values), value = sprintf("%.15g", unlist(values))), out,
          row.names = FALSE, quote = FALSE)
