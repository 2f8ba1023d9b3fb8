"""The tables of a study as data: columns, kinds, allowed values, keys, and the headers that people use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal

from opsn_geo.catalogue.basis import COLUMN as BASIS_NAME
from opsn_geo.catalogue.basis import Basis

Kind = Literal["text", "boolean", "date", "integer", "number", "share", "slug", "slugs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Its official name.
    kind : str
        How its cells are read, see :mod:`opsn_geo.read.values`.
    required : bool
        The column must be there, and filled in every row.
    default : str, optional
        What an absent column or an empty cell stands for, as text.
    allowed : mapping of str to tuple of str
        Official values, each with other spellings of it; empty when anything of the kind will do.
    headers : tuple of str
        Other headers that mean this column, compared without accent, case or punctuation.
    refers_to : str, optional
        Table whose key holds every value of this column.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    default: str | None = None
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    refers_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A table: its name, its columns, and the columns that identify a row.

    Columns that are not listed are kept as text behind those that are.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def resting_on(self, basis: str) -> Schema:
        """Return the schema of a table whose rows rest on this where they do not say otherwise."""
        columns = tuple(
            replace(column, default=basis) if column.name == BASIS_NAME else column for column in self.columns
        )
        return replace(self, columns=columns)


def _values(*names: str, **spellings: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return allowed values, some with other spellings."""
    return MappingProxyType({**dict.fromkeys(names, ()), **spellings})


_LEVELS: Final = _values(
    commune=("communes", "mairie", "ville", "com"),
    epci=("intercommunalité", "interco", "communauté de communes", "communauté d'agglomération",
          "communauté urbaine", "métropole", "cc", "ca", "cu", "gfp"),
    departement=("conseil départemental", "cd", "dep"),
    region=("conseil régional", "reg"),
    other=("autre", "syndicat", "syndicat mixte", "ccas", "sivu", "sivom"),
)  # fmt: skip
_BASES: Final = _values(
    fact=("fait", "officiel"), study=("étude",), register=("registre",), list=("liste", "réponse", "answer"),
    assumed=("supposé", "supposée", "hypothèse"), simulated=("simulé", "simulée"),
)  # fmt: skip
_OPSN: Final = Column(
    name="opsn", kind="slug", required=True, refers_to="opsn",
    headers=("opérateur", "operator", "structure de mutualisation", "syndicat"),
)  # fmt: skip
_SERVICE: Final = Column(
    name="service", kind="slug", required=True, refers_to="services", headers=("métier", "prestation")
)
BASIS: Final = Column(
    name=BASIS_NAME, default=Basis.LIST.value, allowed=_BASES, headers=("fondement", "preuve", "evidence")
)
"""What the row rests on; a study states the default of each of its tables."""


def _basis_of(*columns: str) -> tuple[Column, ...]:
    """List the columns that say what one other column rests on; missing where that is what the row does."""
    return tuple(Column(name=f"{column}_{BASIS_NAME}", allowed=_BASES) for column in columns)


_CODES: Final = (
    "code insee", "insee", "code commune", "code insee commune", "insee com", "codgeo", "com", "codeinsee",
    "depcom", "code geo", "siren", "code siren", "siren epci", "n siren", "no siren", "numero siren",
    "codeinseecommune", "code membre", "siret",
)  # fmt: skip
_NAMES: Final = (
    "nom", "commune", "nom commune", "libellé", "libelle commune", "nom de la commune", "collectivité",
    "nom de la collectivité", "adhérent", "nom de l adhérent", "membre", "nom du membre", "libgeo", "nccenr",
    "municipality", "member", "town", "organisme", "raison sociale", "nom com",
)  # fmt: skip
_SINCE: Final = (
    "depuis", "date d'adhésion", "adhésion", "date d'entrée", "adhésion date", "date adhésion", "entrée",
    "date entrée", "entrée date", "adhérent depuis",
)  # fmt: skip
_UNTIL: Final = (
    "jusqu'au", "date de sortie", "fin", "retrait", "date de retrait", "retrait date", "date retrait",
    "sortie", "sortie date", "date de fin",
)  # fmt: skip
_LEVEL: Final = Column(name="level", required=True, allowed=_LEVELS, headers=("niveau", "type", "échelon"))

OPSN: Final = Schema(
    name="opsn",
    key=("opsn",),
    columns=(
        Column(name="opsn", kind="slug", required=True, headers=("id", "slug", "sigle", "code")),
        Column(name="name", required=True, headers=("nom", "libellé", "opérateur", "raison sociale")),
        Column(name="legal_form", headers=("forme juridique", "statut")),
        Column(name="siren", headers=("n siren", "no siren", "numéro siren")),
        Column(name="seat", headers=("siège", "code insee siège", "commune siège")),
        Column(name="departements", headers=("départements", "départements servis")),
        Column(name="home_departement", headers=("département", "département du siège")),
        Column(name="staff", kind="number", headers=("agents", "effectif", "etp")),
        Column(name="list_complete", kind="boolean", default="false", headers=("liste complète",)),
        BASIS,
        *_basis_of("legal_form", "seat", "departements", "class"),
    ),
)
SERVICES: Final = Schema(
    name="services",
    key=("service",),
    columns=(
        Column(name="service", kind="slug", required=True, headers=("id", "slug", "code")),
        Column(name="name", required=True, headers=("nom", "libellé", "métier")),
        Column(name="name_en", headers=("english name",)),
        Column(name="family", headers=("famille", "catégorie", "domaine")),
        Column(name="family_en", headers=("english family",)),
        BASIS,
        *_basis_of("family"),
    ),
)
OFFERS: Final = Schema(
    name="offers",
    columns=(
        _OPSN,
        _SERVICE,
        _LEVEL,
        Column(name="code", required=True, headers=("périmètre", "territoire", *_CODES)),
        BASIS,
    ),
)
MEMBERSHIPS: Final = Schema(
    name="memberships",
    columns=(
        _OPSN,
        Column(name="level", default="commune", allowed=_LEVELS, headers=_LEVEL.headers),
        Column(name="code", headers=_CODES),
        Column(name="name", headers=_NAMES),
        Column(name="code_dep", headers=("département", "dep", "code département", "dept", "insee dep")),
        Column(name="postal_code", headers=("code postal", "cp", "zip", "postcode")),
        Column(name="reaches_communes", kind="boolean", default="true", headers=("dessert les communes",)),
        Column(
            name="services",
            kind="slugs",
            default="*",
            headers=("prestations", "métiers"),
            refers_to="services",
        ),
        Column(name="since", kind="date", headers=_SINCE),
        Column(name="until", kind="date", headers=_UNTIL),
        BASIS,
    ),
)
_LABEL_EN: Final = Column(name="label_en", headers=("libellé anglais", "english label"))
QUESTIONNAIRE: Final = Schema(
    name="questionnaire",
    key=("column", "item", "choice", "code"),
    columns=(
        Column(name="column", required=True, headers=("colonne", "en-tête", "question")),
        Column(name="item", required=True, headers=("variable", "thème")),
        Column(name="choice", headers=("choix", "modalité")),
        Column(name="code", headers=("cellule", "valeur dans la cellule", "cell")),
        Column(
            name="kind",
            required=True,
            headers=("nature", "genre"),
            allowed=_values("single", "multiple", "scale", "yes_no", "number", "text", "meta"),
        ),
        Column(name="label", headers=("libellé",)),
        _LABEL_EN,
        Column(name="asked_if", headers=("posée si", "filtre")),
        Column(name="comment", headers=("commentaire", "à vérifier")),
        Column(name="question_en", headers=("question anglaise", "english question")),
        Column(name="section", headers=("partie", "rubrique")),
        Column(name="section_en", headers=("rubrique anglaise", "english section")),
        BASIS,
    ),
)
VARIABLES: Final = Schema(
    name="variables",
    columns=(
        Column(name="code", headers=_CODES),
        Column(name="name", headers=_NAMES),
        Column(name="code_dep", headers=("département", "dep", "code département", "dept", "insee dep")),
        Column(name="postal_code", headers=("code postal", "cp", "zip", "postcode")),
        BASIS,
    ),
)
PUBLISHED_FIGURES: Final = Schema(
    name="published_figures",
    key=("figure",),
    columns=(
        Column(name="figure", kind="slug", required=True, headers=("id", "chiffre")),
        Column(name="label", required=True, headers=("libellé",)),
        _LABEL_EN,
        Column(name="value", kind="number", required=True, headers=("valeur",)),
        Column(name="unit", required=True, headers=("unité",)),
        Column(name="precision", kind="number", headers=("précision",)),
        Column(name="comparison", headers=("comparaison",)),
        Column(name="base", kind="number"),
        *(
            Column(name=name)
            for name in ("base_note", "where", "table", "measure", "item", "choice", "group", "by")
        ),
        Column(name="part_of", kind="slug", refers_to="published_figures"),
        Column(name="quote", headers=("citation",)),
        Column(name="claim", headers=("conclusion",)),
        BASIS,
    ),
)
PARTNERSHIPS: Final = Schema(
    name="partnerships",
    columns=(
        Column(name="partnership", kind="slug", required=True, headers=("partenariat", "id")),
        _OPSN,
        Column(name="kind", headers=("nature",)),
        Column(name="service", kind="slug", headers=("métier",), refers_to="services"),
        Column(name="code_dep", headers=("département", "dep")),
        Column(name="label", headers=("libellé",)),
        Column(name="where"),
        BASIS,
        *_basis_of("code_dep"),
    ),
)
STATEMENTS: Final = Schema(
    name="statements",
    columns=(
        Column(name="list", kind="slug", required=True, headers=("liste",)),
        Column(name="kind", required=True, headers=("nature",)),
        Column(name="item", required=True),
        Column(name="code_dep", headers=("département", "dep")),
        Column(name="exhaustive", kind="boolean", default="false"),
        Column(name="where"),
        Column(name="says"),
        Column(name="quote", headers=("citation",)),
        BASIS,
    ),
)
CORRECTIONS: Final = Schema(
    name="corrections",
    key=("found",),
    columns=(
        Column(name="found", required=True, headers=("trouvé", "nom", "valeur", "lu")),
        Column(name="code", headers=("remplacer par", "code insee", "corrigé")),
        Column(name="comment", headers=("commentaire", "motif")),
    ),
)

_EVERY: Final = (
    OPSN, SERVICES, OFFERS, MEMBERSHIPS, QUESTIONNAIRE, VARIABLES, PUBLISHED_FIGURES, PARTNERSHIPS,
    STATEMENTS, CORRECTIONS,
)  # fmt: skip
SCHEMAS: Final[Mapping[str, Schema]] = MappingProxyType({schema.name: schema for schema in _EVERY})
"""Every checked table of a study by its name; the answers have their codebook instead."""
