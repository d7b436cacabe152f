// The live page in a real Chromium: node page.mjs JSON, where the JSON says
//   base    address of a keywatch that has alerts
//   drop    file to which records are appended, and `purges`, lines for it (each raises one alert)
//   locked  address of a keywatch with a token, and `token`
//   open    address of another site that links to `locked`
//   shots   folder for pictures
// Runs in the folder where playwright-core and axe-core are installed.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const setup = JSON.parse(process.argv[2]);

const DESK = { viewport: { width: 1280, height: 800 }, colorScheme: 'light' };
const PHONE = { viewport: { width: 375, height: 760 }, colorScheme: 'dark' };
const PAGES = ['/', '/rules', '/sources', '/sinks'];
const errors = [];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

async function open(options, address) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) errors.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => errors.push(`${page.url()}: ${error}`));
  await page.goto(address);
  return page;
}

async function step(name, body) {
  const begin = Date.now();
  await body();
  console.log(`${name}: ${Date.now() - begin} ms`);
}

function append(line) {
  fs.appendFileSync(setup.drop, `${line}\n`);
}

const titles = (page) => page.locator('.c-title > a').allInnerTexts();
const shot = (page, name, full) =>
  page.screenshot({ path: path.join(setup.shots, `${name}.png`), fullPage: full ?? false });

let firstAlert = '';

await step('what is new appears by itself', async () => {
  const page = await open(DESK, `${setup.base}/`);
  const before = await titles(page);
  assert.ok(before.length >= 5, `found ${before.length} alerts`);
  await page.evaluate(() => { window.sameDocument = true; });
  await page.waitForTimeout(600);                       // the stream opens
  append(setup.purges[0]);
  const begin = Date.now();
  await page.locator('tr.fresh').waitFor();
  console.log(`  from the record to the row: ${Date.now() - begin} ms`);
  const after = await titles(page);
  assert.equal(after.length, before.length + 1);
  assert.match(after[0], /Secret purged/);
  assert.equal(await page.evaluate(() => window.sameDocument), true, 'the page was not loaded again');
  assert.match(await page.locator('#said').innerText(), /One new alert/);
  // What the record said is shown, and nothing of it was obeyed.
  const row = await page.locator('tr.fresh').innerText();
  assert.match(row, /<script>window\.stolen=1<\/script>\[U\+202E\]/);
  assert.equal(await page.evaluate(() => window.stolen), undefined);
  firstAlert = await page.locator('.c-title > a').first().getAttribute('href');
  await page.click('#live');
  assert.equal(await page.getAttribute('#live', 'aria-pressed'), 'false');
  append(setup.purges[1]);
  await page.waitForTimeout(1200);
  assert.equal((await titles(page)).length, after.length, 'paused');
  await page.keyboard.press('p');
  await page.locator('tr.fresh').nth(0).waitFor();
  await page.waitForFunction((n) => document.querySelectorAll('.c-title').length === n, after.length + 1);
  await page.context().close();
});

await step('filters are links', async () => {
  const page = await open(DESK, `${setup.base}/`);
  const all = (await titles(page)).length;
  await page.fill('#search', 'backup');
  await page.waitForFunction((n) => document.querySelectorAll('.c-title').length < n, all);
  assert.match(page.url(), /\?text=backup$/);
  await page.selectOption('select[name=severity]', 'High');
  await page.waitForURL(/severity=High/);
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.severity')].every((badge) => badge.textContent === 'High'));
  const found = await titles(page);
  assert.ok(found.length > 0 && found.every((title) => /backup/i.test(title)), found.join('\n'));
  const other = await open(DESK, page.url());
  assert.deepEqual(await titles(other), found, 'the address alone gives the same');
  assert.equal(await other.inputValue('#search'), 'backup');
  await other.context().close();
  await page.fill('#search', 'nothing of the kind');
  await page.locator('text=No alert fits this filter').waitFor();
  await page.context().close();
});

await step('filters by rule and by resource', async () => {
  const { alerts } = await (await fetch(`${setup.base}/api/v1/alerts?limit=200`)).json();
  // A rule and a resource that some alerts are of, and not all; on one page of 50.
  const idsOf = (fits) => alerts.filter(fits).map((alert) => alert.path).sort();
  const some = (fits) => idsOf(fits).length > 0 && idsOf(fits).length < Math.min(alerts.length, 50);
  const ofRule = (id) => (alert) => alert.rule.id === id;
  const ofResource = (name) => (alert) =>
    alert.resources.some((one) => one.toLowerCase().includes(name));
  const rule = alerts.map((alert) => alert.rule.id).find((id) => some(ofRule(id)));
  const resource = alerts.filter(ofRule(rule)).flatMap((alert) => alert.resources)
    .map((one) => one.toLowerCase().split('/').pop()).find((name) => some(ofResource(name)));
  assert.ok(rule && resource, `rule ${rule}, resource ${resource}`);
  const page = await open(DESK, `${setup.base}/`);
  const shown = async () =>
    (await page.locator('.c-title > a').evaluateAll((all) => all.map((a) => a.getAttribute('href')))).sort();
  const shows = async (fits, what) => {
    const wanted = idsOf(fits);
    await page.waitForFunction((n) => document.querySelectorAll('.c-title').length === n, wanted.length)
      .catch(() => {});
    assert.deepEqual(await shown(), wanted, what);
  };
  await page.selectOption('select[name=rule]', rule);
  await page.waitForURL(/[?&]rule=/);
  await shows(ofRule(rule), 'by rule');
  await page.fill('input[name=resource]', resource);
  await page.waitForURL(/[?&]resource=/);
  await shows((alert) => ofRule(rule)(alert) && ofResource(resource)(alert), 'by both');
  const other = await open(DESK, page.url());
  assert.equal(await other.inputValue('select[name=rule]'), rule);
  assert.equal(await other.inputValue('input[name=resource]'), resource);
  assert.deepEqual(await titles(other), await titles(page), 'the address alone gives the same');
  await other.context().close();
  await page.selectOption('select[name=rule]', '');
  await page.waitForURL((url) => !url.searchParams.has('rule'));
  await shows(ofResource(resource), 'by resource');
  await page.context().close();
});

await step('the story of an alert', async () => {
  const page = await open(DESK, setup.base + firstAlert);
  for (const heading of ['Entities', 'Why it fired', 'Timeline', 'Evidence', 'Deliveries'])
    await page.getByRole('heading', { name: heading }).waitFor();
  const text = await page.locator('main').innerText();
  for (const part of ['SecretPurge', 'more than 0 rows', 'Evaluated', 'accepted', '<script>window.stolen=1</script>'])
    assert.ok(text.includes(part), part);
  const stations = await page.locator('.way b').allInnerTexts();
  assert.deepEqual(stations.filter((name) => name !== 'Broker').slice(0, 4),
    ['Event', 'Read', 'Evaluated', 'Stored']);
  assert.equal(await page.evaluate(() => window.stolen), undefined);
  const json = await (await page.request.get(`${setup.base}/api/v1${firstAlert}`)).json();
  assert.equal(`/alerts/${json.alert.id}`, firstAlert);
  await page.context().close();
});

await step('keys', async () => {
  const page = await open(DESK, `${setup.base}/?severity=High`);
  const focused = () => page.evaluate(() => document.activeElement.getAttribute('href') ?? document.activeElement.id);
  const links = await page.locator('.c-title > a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  await page.keyboard.press('j');
  assert.equal(await focused(), links[0]);
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  assert.equal(await focused(), links[1]);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${links[1]}`);
  await page.keyboard.press('u');
  await page.waitForURL(/severity=High/);
  await page.keyboard.press('/');
  assert.equal(await focused(), 'search');
  await page.keyboard.type('jk?/');
  assert.equal(await page.inputValue('#search'), 'jk?/', 'in a field they are letters');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('dialog[open]').count(), 0);
  await page.context().close();
});

await step('without JavaScript', async () => {
  const page = await open({ ...DESK, javaScriptEnabled: false }, `${setup.base}/`);
  const all = (await titles(page)).length;
  assert.ok(all >= 5);
  assert.ok(!(await page.locator('#live').isVisible()), 'no button that does nothing');
  await page.fill('#search', 'backup');
  await page.selectOption('select[name=severity]', 'High');
  await page.click('.filter button');
  assert.match(page.url(), /text=backup&severity=High/);
  assert.ok((await titles(page)).length < all);
  await page.click('.c-title > a >> nth=0');
  assert.match(await page.locator('main').innerText(), /Why it fired/);
  await page.goto(`${setup.base}/rules`);
  assert.ok(await page.locator('tbody tr').count() >= 6);
  await page.goto(`${setup.base}/sources`);
  assert.match(await page.locator('main').innerText(), /reading/);
  await page.context().close();
});

async function accessible(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const grave = result.violations.filter((found) => ['serious', 'critical'].includes(found.impact));
  assert.deepEqual(grave.map((found) => `${page.url()}: ${found.id}: ${found.nodes[0].html}`), []);
}

await step('accessible, light and dark, at a desk and on a phone', async () => {
  const rule = (await (await fetch(`${setup.base}/api/v1/rules`)).json()).rules[0].id;
  for (const [look, name] of [[DESK, 'light'], [{ ...DESK, colorScheme: 'dark' }, 'dark'], [PHONE, 'phone']]) {
    const page = await open(look, `${setup.base}/`);
    const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const sum = back.match(/\d+/g).reduce((a, b) => a + Number(b), 0);
    assert.ok(look.colorScheme === 'dark' ? sum < 150 : sum > 600, back);
    for (const address of [...PAGES, firstAlert, `/rules/${rule}`]) {
      await page.goto(setup.base + address);
      await accessible(page);
      // Fonts differ between machines, and readers enlarge them.
      for (const size of ['', '18px']) {
        const [wide, seen] = await page.evaluate((chosen) => {
          document.documentElement.style.fontSize = chosen;
          return [document.documentElement.scrollWidth, innerWidth];
        }, size);
        assert.ok(wide <= seen, `${name} ${address} ${size}: ${wide} px wide in ${seen}`);
      }
    }
    await page.context().close();
  }
});

await step('pictures', async () => {
  const story = (await (await fetch(`${setup.base}/api/v1/alerts?text=repeated&severity=Medium`)).json()).alerts[0].path;
  const page = await open({ ...DESK, viewport: { width: 1180, height: 700 } }, `${setup.base}/?text=prod`);
  await shot(page, 'page-alerts-light');
  await page.goto(setup.base + story);
  await shot(page, 'page-alert-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${setup.base}/rules`);
  await shot(page, 'page-rules-dark');
  await page.context().close();
  const phone = await open(PHONE, `${setup.base}/?text=prod`);
  await shot(phone, 'page-phone-dark');
  await phone.context().close();
});

assert.deepEqual(errors, [], 'no error and no warning on the console');

await step('signing in', async () => {
  const page = await open(DESK, setup.locked + firstAlert);
  assert.ok(!(await page.content()).includes('Secret purged'));
  await accessible(page);
  await page.fill('#token', 'not the token, but as long as it');
  await page.keyboard.press('Enter');
  await page.locator('text=This is not the token').waitFor();
  await page.fill('#token', setup.token);
  await page.keyboard.press('Enter');
  await page.waitForURL(setup.locked + firstAlert);
  const [cookie] = await page.context().cookies();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Strict']);
  assert.ok(!cookie.value.includes(setup.token));
  // A link on another site, as in a chat: the browser holds the cookie back, and yet it works.
  await page.goto(setup.open);
  await page.click('a');
  await page.waitForURL(setup.locked + '/');
  await page.locator('.facts').waitFor();
  await page.click('text=Sign out');
  await page.locator('#token').waitFor();
  await page.context().close();
});

await browser.close();
