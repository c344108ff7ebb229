"""The job of the maps: some 5 ms of arithmetic, for Python; primes.js has the one for JavaScript."""

# Below which primes are counted, and how many they are.
BELOW = 13_000
PRIMES = 1_547


def count_primes(below):
    return sum(_is_prime(n) for n in range(2, below))


def _is_prime(n):
    i = 2
    while i * i <= n:
        if n % i == 0:
            return False
        i += 1
    return True
