# Make a binary tree of n nodes and walk it by a generator that delegates to itself.
from measure import measure


class Tree:
    def __init__(self, left, value, right):
        self.left = left
        self.value = value
        self.right = right


def plant(first, end):
    if first >= end:
        return None
    middle = (first + end) // 2
    return Tree(plant(first, middle), middle, plant(middle + 1, end))


def walk(tree):
    if tree.left:
        yield from walk(tree.left)
    yield tree.value
    if tree.right:
        yield from walk(tree.right)


def main(n):
    count = 0
    for value in walk(plant(0, n)):
        count += value == count
    assert count == n


measure(main)
