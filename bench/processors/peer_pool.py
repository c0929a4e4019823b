"""The peer multiprocessing.Pool: each line of standard input has names of jobs for its processes."""
import multiprocessing
import os
import sys

import work

if __name__ == "__main__":
    with multiprocessing.Pool(int(os.environ["CHILDREN"])) as pool:
        for line in sys.stdin:
            for name in line.split():
                pool.apply_async(work.work, (name,))
