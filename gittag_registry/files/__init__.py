"""What people write beside the tags: `artifacts.yaml`, `dvc.yaml` and configuration; parsed, loaded and edited."""
