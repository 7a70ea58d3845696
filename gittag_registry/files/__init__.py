"""The files that people write: `artifacts.yaml`, `dvc.yaml` and configuration; parsed, loaded and edited."""
