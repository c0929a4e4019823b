/* Figures that modules keep themselves, read when the metrics are. Loop thread only. */
#ifndef APP_FIGURES_H
#define APP_FIGURES_H

struct app;

void figures_read(struct app *app); /* once all modules are made */

#endif
