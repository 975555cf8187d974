// SPDX-License-Identifier: GPL-2.0
// Plots of nights, one above the other, and what uPlot lacks: they take the focus together,
// arrow keys move the cursor, and what it points at is read out.

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { make } from './dom.js';
import { day, hour } from './words.js';

const KEYS = 'Arrow keys go from night to night, Page Up and Page Down by 30, ' +
	'C and Shift+C to the next and last change, Enter opens the night.';
const HEIGHT = 220;
const DAY = 86_400; // seconds
const APART = [1 / 24, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 7, 14, 30, 90, 180, 360]; // days between labels
const dark = matchMedia('(prefers-color-scheme: dark)');

/**
 * Return a figure. spec has label; times, in seconds; plots, each with label, values, low
 * and high (null: no band), breaks (indices before which the line ends) and write(value); marks, each with at (an index), sign and
 * change; describe(index); chosen(index), when a night is opened; at, where the cursor is
 * first (-1: nowhere); moved(index), when the keyboard has moved it.
 */
export function figure(spec) {
	const said = make('output', { 'aria-live': 'polite', class: 'said' });
	const box = make('div', {
		class: 'plots', tabindex: 0, role: 'application', 'aria-roledescription': 'chart',
		'aria-label': `${spec.label}. ${KEYS}`,
	});
	const point = (index) => {
		said.textContent = index == null ? KEYS : spec.describe(index);
	};
	const shown = make('figure', {}, box, said);
	let plots = [];
	const start = () => {
		plots = spec.plots.map((plot) => draw(box, plot, spec, point));
		listen(box, plots, spec);
		point(null);
		if (spec.at >= 0) // uPlot knows its scales once it has drawn
			queueMicrotask(() => move(plots, spec, spec.at));
	};
	new ResizeObserver(() => {
		if (!shown.isConnected)
			return;
		if (!plots.length)
			start();
		else
			plots.forEach((plot) => plot.setSize({ width: box.clientWidth, height: HEIGHT }));
	}).observe(shown);
	dark.addEventListener('change', () => plots.forEach((plot) => plot.redraw(false)));
	return shown;
}

function draw(box, plot, spec, point) {
	const lines = [plot.values, ...(plot.low ? [plot.low, plot.high] : [])];
	const gaps = (u, _, first, last, nulls) => [...nulls, ...plot.breaks
		.filter((at) => at > first && at <= last)
		.map((at) => [at - 1, at].map((index) => Math.round(u.valToPos(spec.times[index], 'x', true))))]
		.sort((one, two) => one[0] - two[0]);
	const edge = { stroke: 'transparent', width: 0, points: { show: false }, gaps };
	const axis = { stroke: colour('--text'), grid: { stroke: colour('--grid'), width: 1 },
		ticks: { stroke: colour('--grid'), width: 1 } };
	const u = new uPlot({
		title: plot.label, width: box.clientWidth, height: HEIGHT, legend: { show: false },
		tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
		cursor: { sync: { key: spec.label }, drag: { x: false, y: false } },
		scales: { y: { range: padded } },
		axes: [
			{ ...axis, space: 90, incrs: APART.map((days) => days * DAY),
				values: (_, all, index, space, apart) => all.map(apart < DAY ? hour : day) },
			{ ...axis, size: 76, values: (_, all) => all.map(plot.write) },
		],
		series: [{}, { stroke: colour('--line'), width: 2, points: { size: 4, fill: colour('--line') }, gaps },
			...lines.slice(1).map(() => edge)],
		bands: plot.low ? [{ series: [3, 2], fill: colour('--band') }] : [],
		hooks: {
			setCursor: [(u) => point(u.cursor.idx)],
			draw: [(u) => spec.marks.forEach((mark) => draw_mark(u, spec.times[mark.at], mark))],
		},
	}, [spec.times, ...lines], box);
	u.over.addEventListener('click', () => u.cursor.idx != null && spec.moved(u.cursor.idx));
	return u;
}

/** Leave room above and below, and around a value that never changes. */
function padded(u, low, high) {
	if (low == null)
		return [0, 1];
	const room = (high - low || Math.abs(high) * 0.01 || 1) * 0.15;
	return [low - room, high + room];
}

const colour = (name) => () => getComputedStyle(document.body).getPropertyValue(name);

/** Draw a line with a sign on top: neither needs to be told by its colour. */
function draw_mark(u, time, mark) {
	const { ctx, bbox } = u;
	const x = u.valToPos(time, 'x', true);
	if (x < bbox.left || x > bbox.left + bbox.width)
		return;
	ctx.save();
	ctx.strokeStyle = ctx.fillStyle = colour(mark.change ? '--change' : '--text')();
	ctx.lineWidth = devicePixelRatio * (mark.change ? 2 : 1);
	ctx.setLineDash(mark.change ? [] : [4, 4].map((part) => part * devicePixelRatio));
	ctx.beginPath();
	ctx.moveTo(x, bbox.top);
	ctx.lineTo(x, bbox.top + bbox.height);
	ctx.stroke();
	ctx.font = `${14 * devicePixelRatio}px sans-serif`;
	ctx.textAlign = 'center';
	ctx.textBaseline = 'top';
	ctx.fillText(mark.sign, x, bbox.top);
	ctx.restore();
}

function move(plots, spec, index) {
	for (const u of plots) {
		const value = u.data[1][index];
		u.setCursor({ left: u.valToPos(spec.times[index], 'x'),
			top: value == null ? 0 : u.valToPos(value, 'y') });
	}
}

function listen(box, plots, spec) {
	const last = spec.times.length - 1;
	box.addEventListener('keydown', (event) => {
		const here = plots[0].cursor.idx;
		if (event.key === 'Enter' && here != null)
			return spec.chosen(here);
		const there = next(event, here ?? last + 1, last, spec.marks);
		if (there == null || event.ctrlKey || event.altKey || event.metaKey)
			return undefined;
		event.preventDefault();
		move(plots, spec, there);
		return spec.moved(there);
	});
}

function next(event, here, last, marks) {
	const changes = marks.filter((mark) => mark.change).map((mark) => mark.at);
	const within = (index) => Math.max(0, Math.min(last, index));
	switch (event.key) {
	case 'ArrowLeft': return within(here - 1);
	case 'ArrowRight': return within(here + 1);
	case 'PageUp': return within(here - 30);
	case 'PageDown': return within(here + 30);
	case 'Home': return 0;
	case 'End': return last;
	case 'c': return changes.find((at) => at > here) ?? changes[0];
	case 'C': return changes.findLast((at) => at < here) ?? changes.at(-1);
	default: return null;
	}
}
