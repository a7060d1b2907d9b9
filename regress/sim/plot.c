/* SPDX-License-Identifier: ISC */
/* The plot: for each scenario the spread, the mean and what is wanted. */

#include "regress/sim/report.h"

#define WIDTH	1000
#define HEIGHT	520
#define LEFT	70
#define RIGHT	30
#define TOP	118
#define BOTTOM	70
#define SLOTS	10
#define BAR	30	/* width of a spread */

#define INK	"#1f2933"
#define GREY	"#cbd2d9"
#define PALE	"#52606d"
#define BLUE	"#2f6fb3"
#define LIGHT	"#bcd4ea"
#define RED	"#c0392b"
#define ORANGE	"#d9822b"
#define SAND	"#f3d9b8"

static double
y_of(double peers)
{
	return HEIGHT - BOTTOM - peers / SLOTS * (HEIGHT - TOP - BOTTOM);
}

static double
x_of(unsigned i, unsigned n)
{
	return LEFT + (i + 0.5) * (WIDTH - LEFT - RIGHT) / n;
}

static void
text(FILE *f, double x, double y, const char *anchor, unsigned size,
    const char *colour, const char *s)
{
	fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" "
	    "font-size=\"%u\" fill=\"%s\">%s</text>\n", x, y, anchor, size,
	    colour, s);
}

static void
line(FILE *f, double x1, double y1, double x2, double y2, const char *colour,
    double width)
{
	fprintf(f, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
	    "stroke=\"%s\" stroke-width=\"%.1f\"/>\n", x1, y1, x2, y2,
	    colour, width);
}

static void
rect(FILE *f, double x, double y, double w, double h, const char *colour)
{
	fprintf(f, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
	    "height=\"%.1f\" rx=\"3\" fill=\"%s\"/>\n", x, y, w, h, colour);
}

static void
dot(FILE *f, double x, double y, const char *fill, const char *edge)
{
	fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\" "
	    "stroke=\"%s\" stroke-width=\"1.5\"/>\n", x, y, fill, edge);
}

static void
axes(FILE *f)
{
	char label[8];
	unsigned v;

	for (v = 0; v <= SLOTS; v += 2) {
		line(f, LEFT, y_of(v), WIDTH - RIGHT, y_of(v), GREY, 1);
		snprintf(label, sizeof(label), "%u", v);
		text(f, LEFT - 10, y_of(v) + 5, "end", 14, INK, label);
	}
	fprintf(f, "<text transform=\"translate(24 %.1f) rotate(-90)\" "
	    "text-anchor=\"middle\" font-size=\"14\" fill=\"%s\">"
	    "honest outbound peers (of %u)</text>\n", y_of(SLOTS / 2.0), INK,
	    SLOTS);
	text(f, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 14, "middle", 14, INK,
	    "attacker: network groups (/16) x hosts in each");
}

static void
legend(FILE *f)
{
	double y = TOP - 26;

	rect(f, LEFT, y - 10, 22, 12, LIGHT);
	text(f, LEFT + 28, y, "start", 13, INK, "5 to 95 % of runs");
	dot(f, LEFT + 176, y - 4, BLUE, BLUE);
	text(f, LEFT + 188, y, "start", 13, INK, "mean");
	dot(f, LEFT + 252, y - 4, "white", INK);
	text(f, LEFT + 264, y, "start", 13, INK,
	    "mean before the restart");
	line(f, LEFT + 442, y - 4, LEFT + 468, y - 4, RED, 3);
	text(f, LEFT + 474, y, "start", 13, INK, "mean wanted, at least");
	rect(f, LEFT + 634, y - 10, 22, 12, SAND);
	text(f, LEFT + 662, y, "start", 13, INK,
	    "control: CometBFT's rules");
}

static void
column(FILE *f, const struct summary *s, double x)
{
	bool ours = s->sc->rules == RULES_PEXD;
	const char *strong = ours ? BLUE : ORANGE;
	char label[40];

	rect(f, x - BAR / 2.0, y_of(s->high) - 3, BAR,
	    y_of(s->low) - y_of(s->high) + 6, ours ? LIGHT : SAND);
	if (s->wanted > 0)
		line(f, x - BAR, y_of(s->wanted), x + BAR, y_of(s->wanted),
		    RED, 3);
	if (s->sc->attack_h > 0)
		dot(f, x, y_of(s->before), "white", INK);
	dot(f, x, y_of(s->mean), strong, strong);
	snprintf(label, sizeof(label), "%.2f", s->mean);
	rect(f, x + BAR / 2.0 + 2, y_of(s->mean) - 7, 34, 14, "white");
	text(f, x + BAR / 2.0 + 4, y_of(s->mean) + 5, "start", 12, INK, label);
	text(f, x, HEIGHT - BOTTOM + 20, "middle", 13, INK, s->sc->name);
	snprintf(label, sizeof(label), "%u runs", s->runs);
	text(f, x, HEIGHT - BOTTOM + 36, "middle", 11, PALE, label);
}

void
plot(FILE *f, const struct summary *s, unsigned n)
{
	unsigned i;

	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" "
	    "height=\"%u\" viewBox=\"0 0 %u %u\" "
	    "font-family=\"Helvetica, Arial, sans-serif\">\n"
	    "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
	    WIDTH, HEIGHT, WIDTH, HEIGHT);
	text(f, LEFT, 28, "start", 18, INK,
	    "Whom a node has an hour after a restart under attack");
	text(f, LEFT, 48, "start", 13, PALE,
	    "48 h in quiet, a week of attack (the control: a day), restart "
	    "with the stored book, 60 min; 1000 honest nodes, 85 % up");
	text(f, LEFT, 66, "start", 13, PALE,
	    "lying-seed: a new node, 60 min after its first start; one of "
	    "its three seeds tells of the attacker's addresses only");
	axes(f);
	legend(f);
	for (i = 0; i < n; i++)
		column(f, &s[i], x_of(i, n));
	fprintf(f, "</svg>\n");
}
