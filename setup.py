"""Package the folder ``data`` as ``gankit.data``, so that an installed kit contains faces and weights.

``pyproject.toml`` holds all other settings of the package. It cannot list both found packages and an additional one.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["gankit", "gankit.*", "labs"]), "gankit.data"],
    package_dir={"gankit.data": "data"},
    package_data={
        "gankit.data": ["*.npz", "*.h5", "README.md"],
        "gankit.grading": ["*.md", "*.css", "*.html"],
        "gankit.grading.judge": ["*.txt"],
    },
)
