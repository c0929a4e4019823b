/*
 * The work-stealing deque of daemon/pool/deque.h: an owner that pushes and takes in any order, two thieves. Every item
 * comes out exactly once. Each statement is one access to shared memory, in one order for all (the accesses that matter
 * are sequentially consistent there).
 *
 * With -DBROKEN the owner takes the last item without the compare-and-swap: spin shows how it comes out twice.
 */
#define SIZE 2	/* places */
#define ITEMS 3 /* pushed in all: a place is used again */

byte top, bottom = 1; /* from 1, so that the lowered bottom is never below 0 */
byte place[SIZE];
byte out[ITEMS + 1]; /* how often the item came out */
byte pushed;
bool done;

inline came_out(item)
{
	d_step {
		out[item]++;
		assert(out[item] == 1)
	}
}

inline push()
{
	t = top;
	if
	:: b - t < SIZE ->
		pushed++;
		place[b % SIZE] = pushed;
		b++;
		bottom = b
	:: else
	fi
}

inline take()
{
	b--;
	bottom = b;
	t = top;
	item = place[b % SIZE];
	if
	:: t < b ->
		came_out(item)
	:: else ->
#ifdef BROKEN
		won = (t == b);
		if
		:: won -> top = t + 1
		:: else
		fi;
#else
		atomic { /* compare and swap */
			won = (t == b && top == t);
			if
			:: won -> top = t + 1
			:: else
			fi
		}
#endif
		b++;
		bottom = b;
		if
		:: won -> came_out(item)
		:: else
		fi
	fi
}

active proctype owner()
{
	byte b, t, item;
	bool won;

	b = bottom;
	do
	:: pushed < ITEMS -> push()
	:: take()
	:: pushed == ITEMS && top >= b -> break
	od;
	done = true
}

active [2] proctype thief()
{
	byte t, b, item;
	bool won;

	do
	:: done -> break
	:: else ->
		t = top;
		b = bottom;
		if
		:: t < b ->
			item = place[t % SIZE];
			atomic {
				won = (top == t);
				if
				:: won -> top = t + 1
				:: else
				fi
			}
			if
			:: won -> came_out(item)
			:: else
			fi
		:: else
		fi
	od
}

/* When nobody moves any more. */
active proctype judge()
{
	timeout;
	assert(out[1] == 1 && out[2] == 1 && out[3] == 1)
}
