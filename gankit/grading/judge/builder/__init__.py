"""Task 4: the verdicts on the convolutional networks."""
