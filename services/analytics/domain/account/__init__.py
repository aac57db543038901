"""All that the estimators make of one data set, apart from any study.

For a statistician who holds the engine against another program on data that are known: what a run
publishes is made by the same functions.
"""
