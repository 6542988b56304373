"""A corpus made larger: mixes of its training clips, with labels that a teacher gives them.

The teacher is musicnn with the weights that its authors published (Pons, Serra: musicnn, ISMIR late-breaking
demo 2019; PyPI ``musicnn`` 0.1.0, ISC licence, (c) Music Technology Group, Universitat Pompeu Fabra 2019). A
ridge regression puts what it hears to the corpus' own tags, and a model adds its own opinion.
"""
