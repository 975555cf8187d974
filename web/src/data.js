// SPDX-License-Identifier: GPL-2.0
// Data comes as classic scripts, which a page from disk may load, too. Each of them
// calls umwalk.put(NAME, VALUE).

const wanted = new Map();

globalThis.umwalk = {
	put(name, value) {
		wanted.get(name)?.arrive(value);
	},
};

/** Load data/NAME.js, once. */
export function load(name) {
	if (!wanted.has(name))
		wanted.set(name, request(name));
	return wanted.get(name).value;
}

function request(name) {
	const entry = {};
	entry.value = new Promise((resolve, reject) => {
		const script = document.createElement('script');
		entry.arrive = resolve;
		script.src = `${document.body.dataset.top}data/${name}.js`;
		script.onload = () => reject(new Error(`data/${name}.js has other data`));
		script.onerror = () => reject(new Error(`data/${name}.js cannot be read`));
		document.head.append(script);
	});
	return entry;
}
