"""Packages the folder ``data`` as ``gankit.data``, so that faces and weights travel with an installed kit.

Everything else about the package stands in ``pyproject.toml``, which cannot list found packages and another one.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["gankit", "gankit.*"]), "gankit.data"],
    package_dir={"gankit.data": "data"},
    package_data={
        "gankit.data": ["*.npz", "*.h5", "README.md"],
        "gankit.grading": ["*.md", "*.css"],
        "gankit.grading.judge": ["*.txt"],
    },
)
