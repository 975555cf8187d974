// SPDX-License-Identifier: GPL-2.0
// Elements. Text is always put in as text, so nothing in it can be markup.

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
	const body = rows.map(([first, ...rest]) => make('tr', {}, make('th', { scope: 'row' }, first),
		...rest.map((cell) => make('td', { class: 'number' }, cell))));
	return make('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': caption },
		make('table', {}, make('caption', {}, caption), make('thead', {}, head),
			make('tbody', {}, ...body)));
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
export function choice(label, options, chosen, changed) {
	const list = make('select', { onchange: (event) => changed(event.target.value) },
		...options.map(([value, text]) => make('option', { value, selected: value === chosen && '' }, text)));
	return make('label', {}, `${label} `, list);
}
