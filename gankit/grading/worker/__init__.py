"""What runs beside a student's code: it computes and records, and knows nothing of what is right.

This folder is copied into the staging area under the name ``grading_worker`` and must not import the rest of
``gankit.grading``.
"""
