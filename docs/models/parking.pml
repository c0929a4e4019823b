/*
 * How workers of daemon/pool/pool.c fall asleep and are woken: the board's halves, idle bits, seat, futex words, asking
 * to leave, draining. The letters are those of the argument at the top of that file. Each atomic block is one access to
 * shared memory and what its thread makes of it alone. A task may go on for ever, so that nobody does the work of a
 * sleeper who should have been woken.
 *
 * When nobody moves any more: no task waits while a worker sleeps; the seat is free; there were no more wake-ups than
 * tasks, and one for the worker that was asked to leave; who drains has been told if all is done.
 *
 *   -DRESIZE	one of the workers is asked to leave
 *   -DDRAIN	somebody drains
 *   -DBROKEN=1	a worker does not look once more after it has set its bit
 *   -DBROKEN=2	a worker that leaves without the seat wakes nobody (with -DRESIZE)
 *   -DBROKEN=3	nor does one that finds a task after it gave up the seat
 * Spin shows the wake-up that each of the broken ones loses.
 */
#ifndef TASKS
#define TASKS 3
#endif
#ifndef BROKEN
#define BROKEN 0
#endif
#define WORKERS 2

#define NONE 0
#define SEATED 1
#define LOOK 2

byte in, out; /* how many wait in each half of the board */
bool in_lock, out_lock;
byte idle; /* a bit a worker */
bool seat;
byte wake[WORKERS];
bool leave[WORKERS];
bool stuck[WORKERS];
byte submitted, ended, wakeups;
bool drainer, told;

inline visible(result) /* (g) */
{
	atomic { result = (out > 0) };
	if
	:: result
	:: else ->
		atomic { result = (in > 0) };
		if
		:: result
		:: else -> atomic { result = (out > 0) }
		fi
	fi
}

inline take_idle_bit(w, had)
{
	atomic {
		had = (idle >> w) & 1;
		idle = idle & ~(1 << w)
	}
}

inline wake_one()
{
	do
	:: atomic { idle == 0 -> break }
	:: atomic { else };
		if
		:: atomic { seat -> break }
		:: atomic { else }
		fi;
		visible(seen);
		if
		:: !seen -> break
		:: else
		fi;
		atomic {
			had = seat;
			seat = true;
			seen = false
		};
		if
		:: had -> break /* (b) */
		:: else
		fi;
		do
		:: visible(seen);
			atomic {
				claimed = ((seen && (idle & 1)) -> 0 : ((seen && (idle & 2)) -> 1 : WORKERS));
				seen = false
			};
			if
			:: claimed == WORKERS -> break
			:: else ->
				take_idle_bit(claimed, had);
				if
				:: had -> break
				:: else
				fi
			fi
		od;
		if
		:: atomic { claimed < WORKERS ->
			wakeups++;
			wake[claimed] = SEATED;
			claimed = 0;
			had = false;
			break
		}
		:: atomic { else -> /* (c) */
			seat = false;
			claimed = 0;
			had = false
		}
		fi
	od;
	atomic {
		seen = false;
		had = false
	}
}

/* The way by the board; a deque is an `out` that is never refilled. What is done under a lock is one step as far as it
 * shows to nobody else. */
inline pick(found)
{
	visible(found);
	if
	:: found ->
		atomic {
			!out_lock ->
			if
			:: out > 0 -> out--
			:: else ->
				out_lock = true;
				found = false
			fi
		};
		if
		:: found
		:: else ->
			atomic {
				!in_lock ->
				if
				:: in > 0 ->
					in_lock = true;
					found = true;
					out = in /* (g) */
				:: else -> out_lock = false
				fi
			};
			if
			:: found ->
				atomic {
					in = 0;
					in_lock = false
				};
				atomic {
					out--;
					out_lock = false
				}
			:: else
			fi
		fi
	:: else
	fi
}

proctype worker(byte self)
{
	bool found, seated, searched, seen, had;
	byte claimed;

again:
	if
	:: leave[self] -> goto leaving
	:: else
	fi;
	pick(found);
	if
	:: found -> goto work
	:: else -> searched = true
	fi;
	if
	:: !seated ->
		atomic {
			seated = !seat;
			seat = true
		};
		if
		:: seated -> goto again /* one more look, for all */
		:: else
		fi
	:: else ->
		atomic {
			seat = false;
			seated = false
		}
	fi;
	/* park() */
	atomic { idle = idle | (1 << self) };
#if BROKEN != 1
	visible(seen); /* (a) */
	if
	:: !seen -> atomic { seen = leave[self] } /* (f) */
	:: else
	fi;
	if
	:: seen ->
		seen = false;
		take_idle_bit(self, had);
		if
		:: had ->
			had = false;
			goto again
		:: else
		fi
	:: else
	fi;
#endif
	if
	:: atomic { drainer && ended == submitted -> told = true }
	:: atomic { else }
	fi;
end_sleep:
	atomic {
		wake[self] != NONE;
		seated = (wake[self] == SEATED);
		wake[self] = NONE
	};
	goto again;

work:
	if
	:: seated ->
		atomic {
			seated = false;
			seat = false
		}
	:: else ->
#if BROKEN == 3
		searched = false
#else
		skip
#endif
	fi;
	if
	:: searched ->
		searched = false;
		wake_one() /* (b) */
	:: else
	fi;
	if
	:: true
	:: atomic { !stuck[1 - self] && !leave[1 - self] -> stuck[self] = true }; /* (e) one worker goes on */
end_stuck:
		false
	fi;
	atomic {
		ended++;
		found = false
	};
	goto again;

leaving:
	if
	:: seated ->
		atomic {
			seated = false;
			seat = false
		}
	:: else ->
#if BROKEN == 2
		goto left
#else
		skip
#endif
	fi;
	wake_one(); /* (f) */
left:
	if
	:: atomic { drainer && ended == submitted -> told = true } /* a thread that ends says so */
	:: atomic { else }
	fi
}

proctype submitter(byte count)
{
	bool seen, had;
	byte claimed;

	do
	:: count > 0 ->
		count--;
		atomic {
			!in_lock ->
			submitted++;
			in++
		};
		wake_one()
	:: else -> break
	od
}

#ifdef RESIZE
active proctype resizer()
{
	bool had;

	atomic { leave[1] = true };
	take_idle_bit(1, had);
	if
	:: had -> wake[1] = LOOK
	:: else
	fi
}
#endif

#ifdef DRAIN
active proctype drain()
{
	atomic { drainer = true };
	if
	:: atomic { ended == submitted -> told = true }
	:: atomic { else }
	fi
}
#endif

init
{
	atomic {
		run worker(0);
		run worker(1);
		run submitter(TASKS - 1);
		run submitter(1)
	};
	timeout;
	assert(idle == 0 || in + out == 0);
	assert(!seat);
	assert(wakeups <= TASKS + leave[1]);
	assert(ended <= submitted && (ended < submitted || !drainer || told))
}
