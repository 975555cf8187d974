// SPDX-License-Identifier: GPL-2.0
// Uses a dashboard as people do, in a real browser: node browse.cjs PLAN, a file of JSON with
// browser, executable, base (the URL of the folder), moved and quiet (what the data says), axe
// and shots (a folder; if '', no shots are made and axe looks at the dark pages' contrast alone).
// It prints an object: for each check 'ok', or how it failed.

const { readFileSync } = require('node:fs');
const assert = require('node:assert/strict');
const playwright = require('playwright-core');

const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const HANGS = 180_000; // milliseconds: whatever ends at all does so sooner
const chromium = plan.browser === 'chromium';
const moved = plan.moved;
const pages = ['index.html', 'nights.html', moved.trend, moved.page, moved.compare, moved.night];

const checks = {
	async 'the first screen says what the data says'(page) {
		await at(page, 'index.html', moved.now);
		assert.equal(await text(page, 'h1'), moved.sentence);
		assert.equal(await page.title(), moved.sentence);
		assert.equal(await text(page, '[data-fill=age]'), moved.age);
		assert.deepEqual(await cells(page, '[aria-label="What moved"] tbody tr'), moved.table);
		assert.deepEqual(await cells(page, '.matrix tr'), moved.contract);
		assert.deepEqual(await page.locator('details[open]').count(), 0);
	},
	async 'silence is an alarm'(page) {
		await at(page, 'index.html', moved.later);
		assert.equal(await text(page, 'h1'), moved.late_sentence);
	},
	async 'a regression is found down to its lines by mouse'(page) {
		await at(page, 'index.html');
		await page.getByRole('link', { name: moved.what }).first().click();
		await lines(page);
		await page.getByRole('link', { name: moved.trend_link }).click();
		await page.locator('.u-over').first().waitFor();
		assert.match(await text(page, '.said'), new RegExp(moved.said));
		await page.locator('.u-over').first().hover({ position: { x: 5, y: 50 } });
		await page.waitForFunction((said) => !document.querySelector('.said').textContent.includes(said), moved.said);
		await page.locator('section a').first().click();
		await lines(page);
	},
	async 'a regression is found down to its lines by keyboard'(page) {
		await at(page, 'index.html');
		await tab_to(page, moved.what);
		await page.keyboard.press('Enter');
		await lines(page);
		await tab_to(page, moved.trend_link);
		await page.keyboard.press('Enter');
		await page.locator('.u-over').first().waitFor();
		await tab_to(page, '', '.plots');
		await page.keyboard.press('Home');
		assert.ok((await text(page, '.said')).startsWith(moved.first_night), await text(page, '.said'));
		await page.keyboard.press('c');
		const there = await text(page, '.said');
		assert.match(there, new RegExp(moved.said));
		await page.keyboard.press('ArrowLeft');
		assert.notEqual(await text(page, '.said'), there);
		assert.doesNotMatch(await text(page, '.said'), new RegExp(moved.said));
		await tab_to(page, '', 'section a');
		await page.keyboard.press('Enter');
		await lines(page);
	},
	async 'Enter opens the night that the cursor is on'(page) {
		await at(page, moved.trend);
		await page.locator('.u-over').first().waitFor();
		await page.locator('.plots').focus();
		await page.keyboard.press('Enter');
		await page.waitForURL(`**/${moved.night}`);
		await page.locator('details', { hasText: 'All ' }).locator('summary').click();
		assert.ok((await cells(page, '[aria-label=Rows] tbody tr')).some((row) =>
			row[0] === moved.row && row[1] === moved.kernel));
	},
	async 'the URL has what a trend shows'(page) {
		await at(page, 'trends.html');
		await page.getByLabel('Layout and walk').selectOption(moved.row);
		await page.getByLabel('Kernel').selectOption(moved.kernel);
		await page.locator(`[aria-label^="${moved.row} on ${moved.kernel}"]`).waitFor();
		await page.reload();
		await page.locator(`[aria-label^="${moved.row} on ${moved.kernel}"]`).waitFor();
		await page.goBack();
		await page.locator(`[aria-label^="${moved.row} on ${moved.kernel}"]`).waitFor({ state: 'detached' });
		await page.locator(`[aria-label^="${moved.row} on "]`).waitFor();
	},
	async 'a chart is a table, too'(page) {
		await at(page, moved.trend);
		await page.locator('.u-over').first().waitFor();
		await page.locator('summary', { hasText: 'Table of' }).click();
		await page.waitForFunction((nights) => document.querySelectorAll('details tbody tr').length === nights,
			moved.nights);
		const rows = await cells(page, 'details tbody tr');
		const said = await text(page, '.said');
		const row = rows.find(([when]) => said.startsWith(when));
		for (const cell of row.slice(1, 5))
			assert.ok(said.includes(cell), `${cell} is not in: ${said}`);
	},
	async 'two nights are compared'(page) {
		await at(page, moved.compare);
		await page.locator('[role=status]').waitFor();
		const rows = await cells(page, 'tbody tr');
		assert.deepEqual(rows.map((row) => row.slice(0, 2)).sort(), moved.differing.sort());
		assert.deepEqual(rows[0].slice(0, 2), [moved.row, moved.kernel.replace(/^\S+ /, '')]);
		assert.deepEqual([rows[0][4], ...rows[0].slice(7)], ['+3.0 %', '10,000', '10,300']);
		await page.locator('label', { hasText: 'Rows' }).locator('select').selectOption('all');
		await page.waitForFunction((rows) => document.querySelectorAll('tbody tr').length === rows, moved.rows);
		await at(page, moved.incomparable);
		assert.match(await text(page, '.warning'), /not comparable: compiler .* became/);
	},
	async 'no page is wider than a phone'(page) {
		await page.setViewportSize({ width: 360, height: 740 });
		for (const path of pages) {
			await at(page, path);
			await settled(page);
			const width = await page.evaluate(() => document.documentElement.scrollWidth);
			assert.ok(width <= 360, `${path} is ${width} wide`);
			await shot(page, `narrow-${path}`);
		}
		await page.setViewportSize({ width: 1200, height: 800 });
	},
	async 'axe finds nothing'(page) {
		const axe = readFileSync(plan.axe, 'utf8');
		for (const scheme of chromium ? ['dark', 'light'] : ['light']) {
			if (chromium)
				await page.emulateMedia({ colorScheme: scheme });
			// Nothing but colors differs from the light pages.
			const rules = scheme === 'dark' && !plan.shots ? { runOnly: ['color-contrast'] } : {};
			for (const path of pages) {
				await at(page, path);
				await settled(page);
				await shot(page, `${scheme}-${path}`);
				await page.evaluate(`${axe}; 0`);
				const found = await page.evaluate(async (rules) => (await globalThis.axe.run({ preload: false, ...rules })).violations.map(
					(one) => `${one.id}: ${one.nodes.map((node) => node.target).join(' ')}`), rules);
				assert.deepEqual(found, [], `${scheme} ${path}`);
			}
		}
	},
	async 'nothing is asked of others, and nothing is wrong in the console'() {
		assert.deepEqual(outside, []);
		assert.deepEqual(wrong, []);
		assert.ok(!chromium || asked.length > 10);
	},
	async 'what is put into a page does not run'(page) {
		await at(page, 'index.html');
		await page.evaluate(() => {
			const script = document.createElement('script');
			script.textContent = 'document.title = "it ran"';
			document.body.append(script);
		});
		assert.equal(await page.title(), moved.sentence);
	},
};

const asked = [];
const outside = [];
const wrong = [];

async function at(page, path, now = moved.now) {
	await page.clock.setFixedTime(now);
	await page.goto('about:blank');
	await page.goto(plan.base + path);
	await page.locator('h1').waitFor();
	if (path.startsWith('index'))
		await page.waitForFunction(() => document.querySelector('[data-fill=age]').textContent);
}

const text = (page, selector) => page.locator(selector).first().innerText();

const cells = (page, selector) => page.locator(selector).evaluateAll((rows) =>
	rows.map((row) => [...row.children].map((cell) => cell.textContent)));

/** Wait until what a page fills in is there. */
async function settled(page) {
	await page.waitForFunction(() => [...document.querySelectorAll('[data-fill]')].every((place) =>
		place.textContent));
	if (await page.locator('[data-fill=trend]').count())
		await page.locator('.u-over').first().waitFor();
}

async function lines(page) {
	await page.waitForURL('**/moved/**');
	for (const part of moved.lines)
		assert.ok((await page.locator('main').innerText()).includes(part), `no ${part} on ${page.url()}`);
}

/** Press Tab until what has the focus has this text, or is what the selector says. */
async function tab_to(page, name, selector = 'a') {
	for (let i = 0; i < 60; i++) {
		await page.keyboard.press('Tab');
		if (await page.evaluate(([want, what]) => document.activeElement.matches(what) &&
			document.activeElement.textContent.includes(want), [name, selector]))
			return;
	}
	assert.fail(`Tab does not get to ${name || selector}`);
}

async function shot(page, name) {
	if (chromium && plan.shots)
		await page.screenshot({ path: `${plan.shots}/${name.replace(/#.*/, '').replaceAll(/[^\w.]/g, '-')}.png` });
}

async function main() {
	const browser = await playwright[plan.browser].launch({ executablePath: plan.executable,
		timeout: HANGS,
		// A watchdog would end a browser that gets too little of a busy host's CPU.
		...(chromium ? { args: ['--no-sandbox', '--disable-gpu', '--disable-gpu-watchdog'] } :
			{ channel: 'moz-firefox' }) });
	const page = await browser.newPage();
	page.setDefaultTimeout(HANGS);
	page.on('request', (request) => {
		asked.push(request.url());
		if (!request.url().startsWith(plan.base) && !/^(about|data|blob):/.test(request.url()))
			outside.push(request.url());
	});
	page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
	page.on('pageerror', (error) => wrong.push(error.message));
	const results = {};
	for (const [name, check] of Object.entries(checks)) {
		try {
			await check(page);
			results[name] = 'ok';
		} catch (error) {
			results[name] = `${error.message}\n${error.stack}`;
		}
	}
	await browser.close();
	console.log(JSON.stringify(results));
}

main();
