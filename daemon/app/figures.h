/* Figures that modules keep themselves, read when the metrics are. Loop thread only. */
#ifndef FIGURES_H
#define FIGURES_H

struct admin_server;
struct metrics;
struct pool;
struct regen;

void figures_read(struct metrics *metrics, struct pool *pool, struct regen *regen, struct admin_server *admin);

#endif
