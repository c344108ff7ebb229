// The job of the others: some 5 ms of arithmetic, slow on purpose.

/** Below which primes are counted; some 5 ms of a processor. */
export const BELOW = 115_000;
/** How many they are. */
export const PRIMES = 10_871;

export default function countPrimes(below) {
  let count = 0;
  for (let n = 2; n < below; n++) {
    if (isPrime(n)) count++;
  }
  return count;
}

function isPrime(n) {
  for (let i = 2; i * i <= n; i++) {
    if (n % i === 0) return false;
  }
  return true;
}
