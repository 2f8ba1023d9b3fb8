"""Run the algorithms of the plugin in real QGIS, as its toolbox does, and report what they return.

Run by Debian's Python: ``/usr/bin/python3 probe_plugin.py PLUGINS_FOLDER STUDY LIST OUT_FOLDER``.
"""
# ruff: noqa: PLC0415, ANN001, ANN003, ANN202, N802, T201

from __future__ import annotations

import json
import os
import sys


def main(plugins: str, study: str, names: str, out: str) -> None:
    """Check and run a study, link a list, and take out the coverage and the deserts of a service."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, plugins)
    from qgis.core import (
        QgsApplication,
        QgsProcessingContext,
        QgsProcessingFeedback,
        QgsVectorLayer,
    )

    app = QgsApplication([], False)  # noqa: FBT003 - a signature of Qt
    app.initQgis()
    from opsn_geo_plugin import classFactory

    plugin = classFactory(None)
    plugin.initProcessing()
    registry = app.processingRegistry()
    report = {"algorithms": [each.id() for each in registry.providerById("opsn_geo").algorithms()]}

    def result(name, **parameters):
        context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
        made, good = registry.createAlgorithmById(f"opsn_geo:{name}").run(parameters, context, feedback)
        return {"good": good, "log": feedback.textLog(), **made}

    def layer(made):
        source = QgsVectorLayer(made["OUTPUT"], "x", "ogr")
        return {
            "rows": source.featureCount(),
            "fields": [field.name() for field in source.fields()],
            "values": [[str(it) for it in row.attributes()] for row in source.getFeatures()][:20],
        }

    report["check"] = result("check", STUDY=study)
    report["run"] = result("run", STUDY=study, FOLDER=f"{out}/results")
    linked = result("link", INPUT=names, NAME="nom", REGION="32", OUTPUT=f"{out}/linked.gpkg")
    report["link"] = layer(linked) if linked["good"] else linked
    for name in ("coverage", "deserts"):
        made = result(name, STUDY=study, SERVICE="dpd", OUTPUT=f"{out}/{name}.gpkg")
        report[name] = layer(made) if made["good"] else made

    class Impatient(QgsProcessingFeedback):
        def pushInfo(self, info):
            self.cancel()
            super().pushInfo(info)

    parameters = {"STUDY": study, "FOLDER": f"{out}/stopped"}
    run = registry.createAlgorithmById("opsn_geo:run")
    _, good = run.run(parameters, QgsProcessingContext(), Impatient())
    report["stopped"] = not good
    print(json.dumps(report))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
