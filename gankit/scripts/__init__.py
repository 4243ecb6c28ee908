"""Command lines, output folders, and the record of a run; importing this package does not import TensorFlow."""

from gankit.scripts.arguments import (
    OneSentenceParser,
    existing_file,
    face_caption,
    fraction,
    joined,
    not_negative,
    positive,
    whole_number,
)
from gankit.scripts.command_line import (
    CommandLine,
    FaceCommandLine,
    PointCommandLine,
    RecipeCommandLine,
    convolutional,
    values_of,
)
from gankit.scripts.output import OutputFolder, output_file
from gankit.scripts.record import caption, run_record
from gankit.scripts.start import answer_at_once, quiet_start, run_script
from gankit.scripts.tables import table

__all__ = [
    "CommandLine",
    "FaceCommandLine",
    "OneSentenceParser",
    "OutputFolder",
    "PointCommandLine",
    "RecipeCommandLine",
    "answer_at_once",
    "caption",
    "convolutional",
    "existing_file",
    "face_caption",
    "fraction",
    "joined",
    "not_negative",
    "output_file",
    "positive",
    "quiet_start",
    "run_record",
    "run_script",
    "table",
    "values_of",
    "whole_number",
]
