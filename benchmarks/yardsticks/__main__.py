"""`python -m benchmarks.yardsticks`: the engine on the yardsticks, on one core. No database."""

import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"  # before numpy is loaded

from benchmarks.yardsticks.run import main  # noqa: E402

if __name__ == "__main__":  # not in the processes that it starts
    main()
