"""The grader: judges a student's task files by what they do.

Two sides that never mix. The *judge* (this package without ``worker``) needs NumPy only; it chooses the inputs, knows
what is right, and gives the points. The *worker* (:mod:`gankit.grading.worker`) runs the student's code on those
inputs in a process of its own, from a staged copy that holds neither the judge nor a solution, and sends back raw
arrays.
"""
