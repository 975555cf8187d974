// SPDX-License-Identifier: GPL-2.0
// Says how long a dashboard lets people wait in Chromium: node speed.cjs EXECUTABLE BASE, the
// URL of its folder. It prints an object: by what was done the milliseconds that people wait, and
// the CPU time of the page in them, which a busy host does not change; medians of TIMES. People
// wait for the last change of the page, or of a table that is filled frame by frame, for the
// first, and while a task of the page lets it answer nothing.

const playwright = require('playwright-core');

const TIMES = 5;
const FIRST_ROWS = ', its first rows';
const [executable, base] = process.argv.slice(2);

const key = (name) => (page) => page.keyboard.press(name);
const choose = (label, index) => (page) => page.getByLabel(label).selectOption({ index });
const open = (page) => page.locator('summary', { hasText: 'Table of' }).click();
const rows = (value) => (page) => page.locator('label', { hasText: 'Rows' }).locator('select')
	.selectOption(value);

const actions = {
	'trends.html#nights=all': {
		'a key that goes to another night': key('ArrowLeft'),
		'a key that goes to the first night': key('Home'),
		'the mouse on another night': (page) => page.locator('.u-over').first().hover(
			{ position: { x: 200 + 50 * Math.random(), y: 50 } }),
		'another kernel': choose('Kernel', 5),
		'another row': choose('Layout and walk', 20),
		[`the table of all nights${FIRST_ROWS}`]: open,
		'the last 30 nights': choose('Nights', 0),
		'all nights': choose('Nights', 3),
	},
	'compare.html': {
		[`all rows of two nights${FIRST_ROWS}`]: rows('all'),
		'those that differ': rows('differ'),
	},
};

/** Note the last frame in which something changed, and the first with rows of a table; runs in the page. */
function watch() {
	globalThis.longest = 0;
	const note = () => requestAnimationFrame(() => setTimeout(() => {
		globalThis.lastChange = performance.now();
		if (document.querySelector('tbody tr'))
			globalThis.firstRows ??= globalThis.lastChange;
	}));
	new MutationObserver(note).observe(document, { attributes: true, characterData: true,
		childList: true, subtree: true });
	new PerformanceObserver((list) => list.getEntries().forEach((one) => {
		globalThis.longest = Math.max(globalThis.longest, one.duration);
	})).observe({ type: 'longtask' });
	for (const type of ['keydown', 'mousemove', 'change', 'click'])
		addEventListener(type, (event) => {
			globalThis.began ??= event.timeStamp;
		}, true);
}

/** Return a function that tells the CPU time of the page's main thread since the last call. */
async function cpu_of(page) {
	const client = await page.context().newCDPSession(page);
	await client.send('Performance.enable', { timeDomain: 'threadTicks' });
	let last = 0;
	return async () => {
		const { metrics } = await client.send('Performance.getMetrics');
		const now = 1000 * metrics.find((one) => one.name === 'TaskDuration').value;
		const since = now - last;
		last = now;
		return since;
	};
}

async function first_screen(browser) {
	const page = await browser.newPage();
	const cpu = await cpu_of(page);
	await cpu();
	const began = performance.now();
	await page.goto(`${base}index.html`);
	await page.waitForFunction(() => document.querySelector('[data-fill=age]').textContent);
	const found = [performance.now() - began, await cpu()];
	await page.close();
	return found;
}

async function interaction(page, cpu, what, action) {
	await page.evaluate(() => {
		globalThis.began = globalThis.firstRows = globalThis.lastChange = undefined;
		globalThis.longest = 0;
	});
	await cpu();
	await action(page);
	await page.waitForFunction(() => performance.now() - globalThis.lastChange > 300, null,
		{ polling: 100 });
	const [first, last, longest] = await page.evaluate(() =>
		[globalThis.firstRows - globalThis.began, globalThis.lastChange - globalThis.began, globalThis.longest]);
	return { waited: [what.endsWith(FIRST_ROWS) ? first : last, await cpu()], longest };
}

async function opened(browser, path) {
	const page = await browser.newPage();
	await page.addInitScript(watch);
	await page.goto(base + path);
	await page.locator('.u-over, tbody tr').first().waitFor();
	if (await page.locator('.plots').count())
		await page.locator('.plots').focus();
	return page;
}

const median = (times) => times.sort((one, two) => one - two)[times.length >> 1];

async function main() {
	const browser = await playwright.chromium.launch({ executablePath: executable,
		args: ['--no-sandbox', '--disable-gpu', '--disable-gpu-watchdog'] });
	const found = {};
	const note = (what, times) => (found[what] ??= []).push(times);
	for (let i = 0; i < TIMES; i++) {
		note('the first screen', await first_screen(browser));
		for (const [path, of_page] of Object.entries(actions)) {
			const page = await opened(browser, path);
			const cpu = await cpu_of(page);
			let most = 0;
			for (const [what, action] of Object.entries(of_page)) {
				const { waited, longest } = await interaction(page, cpu, what, action);
				note(what, waited);
				most = Math.max(most, longest);
			}
			note(`the longest task of ${path.replace(/#.*/, '')}`, [most, most]);
			await page.close();
		}
	}
	await browser.close();
	console.log(JSON.stringify(Object.fromEntries(Object.entries(found).map(([what, times]) =>
		[what, [0, 1].map((i) => median(times.map((one) => one[i])))]))));
}

main();
