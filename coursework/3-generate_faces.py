"""The older coursework's name of task 4."""

from convolutional_gan import convolutional_GenDiscr as convolutional_GenDiscr
