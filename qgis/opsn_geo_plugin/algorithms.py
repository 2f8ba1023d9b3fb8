"""The algorithms: check a study, run it, link a list, and the coverage and deserts of one service."""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path

from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QVariant

from .command import call, said

_STUDY = (
    "Fichier d’étude (vide : l’étude des Hauts-de-France)",
    "Study file (empty: the study of Hauts-de-France)",
)


class _Algorithm(QgsProcessingAlgorithm):
    """What all have in common: a name, a title and a help text in both languages."""

    key = ""
    title = ("", "")
    meaning = ("", "")

    def createInstance(self):
        return type(self)()

    def name(self):
        return self.key

    def displayName(self):
        return said(self.title)

    def shortHelpString(self):
        return said(self.meaning)

    def group(self):
        return ""

    def groupId(self):
        return ""

    def study(self):
        """Add the parameter of the study file."""
        self.addParameter(QgsProcessingParameterFile("STUDY", said(_STUDY), extension="toml", optional=True))

    def study_given(self, parameters, context):
        """Return the study file as an argument, or none."""
        file = self.parameterAsFile(parameters, "STUDY", context)
        return [file] if file else []


class Check(_Algorithm):
    """Look a study over without writing anything."""

    key = "check"
    title = ("Vérifier une étude", "Check a study")
    meaning = (
        (
            "Lit et rattache toutes les tables de l’étude, n’écrit rien, et dit chaque "
            "faute : où, ce qui était attendu, "
            "comment la corriger."
        ),
        (
            "Reads and links all tables of the study, writes nothing, and says each "
            "fault: where, what was expected, how "
            "to mend it."
        ),
    )

    def initAlgorithm(self, _configuration=None):
        self.study()
        self.addOutput(QgsProcessingOutputBoolean("SOUND", said(("Étude sans faute", "Sound study"))))
        self.addOutput(QgsProcessingOutputNumber("FAULTS", said(("Nombre de fautes", "Number of faults"))))

    def processAlgorithm(self, parameters, context, feedback):
        _, printed = call(["check", *self.study_given(parameters, context), "--format", "json"], feedback)
        try:
            record = json.loads("\n".join(printed))
        except ValueError as error:
            raise QgsProcessingException("\n".join(printed)) from error
        for fault in record["faults"]:
            feedback.reportError(fault["message"])
        return {"SOUND": record["sound"], "FAULTS": len(record["faults"])}


class Run(_Algorithm):
    """Carry a study from end to end."""

    key = "run"
    title = ("Exécuter une étude", "Run a study")
    meaning = (
        (
            "Écrit dans un dossier tout ce qu’une étude publie : GeoPackage avec son "
            "projet, cartes, rapport, tableaux. "
            "Fermez d’abord le projet du GeoPackage précédent."
        ),
        (
            "Writes into a folder all that a study publishes: the GeoPackage with its "
            "project, maps, report, tables. "
            "Close the project of the former GeoPackage first."
        ),
    )

    def initAlgorithm(self, _configuration=None):
        self.study()
        self.addParameter(
            QgsProcessingParameterBoolean(
                "KEEP_STYLES", said(("Reprendre mes styles", "Take over my styles")), defaultValue=False
            )
        )
        self.addParameter(
            QgsProcessingParameterFolderDestination(
                "FOLDER", said(("Dossier des résultats", "Folder of results"))
            )
        )
        self.addOutput(QgsProcessingOutputFile("GEOPACKAGE", "GeoPackage"))

    def processAlgorithm(self, parameters, context, feedback):
        folder = Path(self.parameterAsString(parameters, "FOLDER", context))
        keep = ["--keep-styles"] if self.parameterAsBoolean(parameters, "KEEP_STYLES", context) else []
        file = _run([*self.study_given(parameters, context), *keep], folder, feedback)
        return {"FOLDER": str(folder), "GEOPACKAGE": str(file)}


class Link(_Algorithm):
    """Put official codes beside the rows of a layer or table."""

    key = "link"
    title = ("Rattacher des noms à leurs codes", "Link names to their codes")
    meaning = (
        (
            "Ajoute à chaque ligne d’une couche ou d’une table le code officiel de la "
            "commune, de l’EPCI ou du "
            "département qu’elle nomme, et à défaut la cause et les candidats."
        ),
        (
            "Adds to each row of a layer or table the official code of the commune, EPCI "
            "or département that it names, "
            "or else the cause and the candidates."
        ),
    )

    def initAlgorithm(self, _configuration=None):
        self.addParameter(
            QgsProcessingParameterFeatureSource(
                "INPUT", said(("Couche ou table", "Layer or table")), [QgsProcessing.TypeVector]
            )
        )
        for name, words in (
            ("NAME", ("Champ du nom", "Field of the name")),
            ("CODE", ("Champ du code", "Field of the code")),
        ):
            self.addParameter(
                QgsProcessingParameterField(
                    name, said(words), parentLayerParameterName="INPUT", optional=True
                )
            )
        self.addParameter(
            QgsProcessingParameterString(
                "REGION",
                said(("Région (vide : toute la France)", "Region (empty: all of France)")),
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                "VINTAGE",
                said(("Millésime du code officiel", "Vintage of the official code")),
                defaultValue=2021,
            )
        )
        self.addParameter(
            QgsProcessingParameterFeatureSink("OUTPUT", said(("Lignes rattachées", "Linked rows")))
        )

    def processAlgorithm(self, parameters, context, feedback):
        source = self.parameterAsSource(parameters, "INPUT", context)
        features = list(source.getFeatures())
        names = [field.name() for field in source.fields()]
        chosen = []
        for parameter, option in (("NAME", "--name"), ("CODE", "--code")):
            field = self.parameterAsString(parameters, parameter, context)
            chosen += [option, field] if field else []
        region = self.parameterAsString(parameters, "REGION", context)
        with tempfile.TemporaryDirectory() as folder:
            asked, linked = Path(folder, "list.csv"), Path(folder, "linked.csv")
            with asked.open("w", newline="", encoding="utf-8") as stream:
                writer = csv.writer(stream)
                writer.writerow(names)
                writer.writerows([_cell(feature[name]) for name in names] for feature in features)
            vintage = self.parameterAsInt(parameters, "VINTAGE", context)
            arguments = ["link", asked, "--out", linked, "--vintage", vintage, *chosen]
            code, printed = call([*arguments, *(["--region", region] if region else [])], feedback)
            if code or not linked.is_file():
                raise QgsProcessingException(
                    "\n".join(printed) or said(("Voir les messages.", "See the messages."))
                )
            with linked.open(newline="", encoding="utf-8-sig") as stream:
                rows = list(csv.reader(stream, delimiter=";"))
        for line in printed:
            feedback.pushInfo(line)
        header, body = rows[0], rows[1:]
        places = [place for place, name in enumerate(header) if name not in names]
        fields = QgsFields(source.fields())
        for place in places:
            fields.append(QgsField(header[place], QVariant.String))
        sink, target = self.parameterAsSink(
            parameters, "OUTPUT", context, fields, source.wkbType(), source.sourceCrs()
        )
        for feature, row in zip(features, body):
            made = QgsFeature(fields)
            made.setGeometry(feature.geometry())
            made.setAttributes([*feature.attributes(), *(row[place] or None for place in places)])
            sink.addFeature(made, QgsFeatureSink.FastInsert)
        return {"OUTPUT": target}


class _Extracted(_Algorithm):
    """A layer of the results of a study, cut down to one service."""

    layer = ""

    def initAlgorithm(self, _configuration=None):
        self.study()
        self.addParameter(
            QgsProcessingParameterString(
                "SERVICE",
                said(("Code du service (vide : tous)", "Code of the service (empty: all)")),
                optional=True,
            )
        )
        self.addParameter(QgsProcessingParameterFeatureSink("OUTPUT", self.displayName()))

    def processAlgorithm(self, parameters, context, feedback):
        service = self.parameterAsString(parameters, "SERVICE", context)
        with tempfile.TemporaryDirectory() as folder:
            file = _run(self.study_given(parameters, context), Path(folder), feedback)
            source = QgsVectorLayer(f"{file}|layername={self.layer}", self.layer, "ogr")
            if service:
                quoted = service.replace("'", "''")
                source.setSubsetString(f"\"service\" = '{quoted}'")
            if not source.featureCount():
                feedback.reportError(said(("Aucune ligne pour ce service.", "No row of this service.")))
            fields = QgsFields()
            for field in source.fields():
                if field.name() != "fid":
                    fields.append(field)
            sink, target = self.parameterAsSink(
                parameters, "OUTPUT", context, fields, source.wkbType(), source.crs()
            )
            for feature in source.getFeatures():
                made = QgsFeature(fields)
                made.setGeometry(feature.geometry())
                made.setAttributes([feature[field.name()] for field in fields])
                sink.addFeature(made, QgsFeatureSink.FastInsert)
            del source  # the file is open as long as the layer lives
        return {"OUTPUT": target}


class Coverage(_Extracted):
    """Communes with the state of a service."""

    key, layer = "coverage", "services_communes"
    title = ("Couverture d’un service", "Coverage of a service")
    meaning = (
        (
            "Exécute l’étude et rend les communes avec l’état d’un service : adhésion en "
            "vigueur, offre sans adhésion, "
            "aucune offre, inconnu."
        ),
        (
            "Runs the study and gives the communes with the state of a service: "
            "membership in force, offer without "
            "membership, no offer, unknown."
        ),
    )


class Deserts(_Extracted):
    """Patches of communes that a service does not reach."""

    key, layer = "deserts", "deserts"
    title = ("Déserts d’un service", "Deserts of a service")
    meaning = (
        "Exécute l’étude et rend les groupes de communes contiguës qu’un service n’atteint pas.",
        "Runs the study and gives the patches of adjoining communes that a service does not reach.",
    )


def _run(arguments, folder, feedback):
    """Run a study into a folder; return its GeoPackage."""
    code, printed = call(["run", *arguments, "--out", folder], feedback)
    for line in printed:
        feedback.pushInfo(line)
    if code:
        raise QgsProcessingException(
            said(("L’exécution a échoué : voir les messages.", "The run failed: see the messages."))
        )
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    name = next(name for name in manifest["outputs"] if name.endswith(".gpkg"))
    return folder / name


def _cell(value):
    """Return a value as a list holds it; what is not there is empty."""
    return "" if value is None or (isinstance(value, QVariant) and value.isNull()) else str(value)
