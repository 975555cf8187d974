// SPDX-License-Identifier: GPL-2.0
// Elements. Text is always put in as text, so nothing in it can be markup.

const OF_A_FRAME = 30; // rows of a table

/** Make an element with attributes and children; a child may be a string. */
export function make(tag, attributes = {}, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith('on'))
			element.addEventListener(name.slice(2), value);
		else if (value !== false)
			element.setAttribute(name, value);
	}
	element.append(...children);
	return element;
}

/** Make a table that scrolls sideways on its own; a cell is a string or an element. */
export function table(caption, headers, rows) {
	const head = make('tr', {}, ...headers.map((text) => make('th', { scope: 'col' }, text)));
	const body = make('tbody', {});
	fill(body, rows);
	return make('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': caption },
		make('table', {}, make('caption', {}, caption), make('thead', {}, head), body));
}

/** Add rows a frame at a time, so that the first are there at once and the page can be used. */
function fill(body, rows) {
	body.append(...rows.slice(0, OF_A_FRAME).map(([first, ...rest]) => make('tr', {},
		make('th', { scope: 'row' }, first),
		...rest.map((cell) => make('td', { class: 'number' }, cell)))));
	if (rows.length > OF_A_FRAME)
		requestAnimationFrame(() => fill(body, rows.slice(OF_A_FRAME)));
}

/** Make a link that saves the same rows as CSV. */
export function csv(name, headers, rows) {
	const line = (cells) => cells.map(quoted).join(',');
	return make('a', {
		href: '#', download: name, onclick: (event) => {
			const text = [headers, ...rows].map(line).join('\n') + '\n';
			const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
			event.target.href = url;
			setTimeout(() => URL.revokeObjectURL(url), 60_000);
		},
	}, 'CSV');
}

function quoted(cell) {
	const text = String(cell ?? '');
	return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Make a labelled choice; options are [value, text]. */
export function choice(label, options, changed) {
	const list = make('select', { onchange: (event) => changed(event.target.value) },
		...options.map(([value, text]) => make('option', { value }, text)));
	return make('label', {}, `${label} `, list);
}

/** Show these values in choices, in their order. */
export function choose(choices, values) {
	choices.forEach((label, i) => {
		label.control.value = values[i];
	});
}
