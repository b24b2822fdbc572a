// The way through every screen and dialog of the page, by its keys where there are some. Whoever walks it looks at each
// stop: shots.mjs saves it, check.mjs judges it. A new screen gets its stop here.

/**
 * @param page   playwright's page
 * @param base   where the page is served
 * @param query  `language=vi&theme=day` and the like, for the station in memory
 * @param stop   called with a name at each screen
 */
export async function walk(page, base, query, stop) {
  const open = async (fake) => {
    await page.goto(`${base}?${fake}&${query}`);
    await page.waitForSelector('[data-loaded=true]');
    await page.waitForTimeout(900);
  };
  const rest = (ms = 150) => page.waitForTimeout(ms);
  const leave = async () => {
    await page.keyboard.press('Escape');
    await rest();
  };

  await open('fake=0');
  await stop('first-run');

  await open('fake=16');
  await stop('live');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await rest(500);
  await stop('large');
  await leave();
  await page.keyboard.press('s');
  await rest(300);
  await page.keyboard.press('b');
  await page.waitForSelector('form[aria-label]');
  await page.keyboard.type('Va chạm xe tải – xe máy');
  await stop('bookmark');
  await page.keyboard.press('Enter');
  await rest();
  await page.keyboard.press('?');
  await rest(300);
  await stop('keys');
  await leave();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('truong');
  await stop('search');
  await leave();
  await page.click('[data-tile="2"]', { button: 'right' });
  await rest();
  await stop('menu');
  await leave();
  await page.mouse.move(600, 300);
  await page.mouse.wheel(0, -300);
  await rest(400);
  await stop('zoom');
  await page.keyboard.press('z');
  await page.keyboard.type('1');
  await stop('number');
  await rest(1300);
  await leave();
  await page.keyboard.press('F6');
  await rest(300);
  await stop('stills');
  await page.click('main ul button');
  await rest(300);
  await stop('still');
  await leave();
  await page.keyboard.press('F4');
  await rest(300);
  await stop('cameras');
  await page.dblclick('tr[data-camera=C003]');
  await page.click('.test button');
  await rest(1500);
  await stop('camera-form');
  await leave();
  await page.click('header .tools button:last-child');
  await rest(300);
  await stop('settings');

  await open('fake=16&lost=0');
  await page.keyboard.press('F2');
  await rest(400);
  await stop('review-empty');
  await page.keyboard.press('F1');
  await rest(400);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('r');
  await page.waitForSelector('[data-phase=archive]');
  await page.keyboard.press('/');
  for (const code of ['C003', 'C005', 'C008']) await page.click(`[role=treeitem][data-camera=${code}]`);
  await stop('review-cameras');
  await page.keyboard.press('Escape');
  await rest(200);
  const goTo = async (text) => {
    await page.keyboard.press('g');
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    await rest(400);
  };
  await goTo('-6m');
  await page.keyboard.press('i');
  await goTo('+2m40s');
  await page.keyboard.press('o');
  await goTo('-50');
  await page.keyboard.press(' ');
  await rest(900);
  await stop('review');
  await page.keyboard.press('k');
  await page.keyboard.press('c');
  await rest(200);
  await stop('calendar');
  await leave();

  await open('fake=16');
  await page.click('[data-alarm-shown]');
  await rest(200);
  await stop('alarms');
  await leave();
  await page.keyboard.press('Alt+a');
  await rest(500);
  await stop('alarm-list');
  await page.keyboard.press('F12');
  await rest(600);
  await stop('health-cameras');
  await page.click('tr[data-camera=C010]');
  await rest(800);
  await stop('health-camera');
  await page.click('[data-tab=station]');
  await rest(800);
  await stop('health-station');
  await page.click('[role=group] button:nth-child(3)');
  await rest(600);
  await stop('health-week');
  await page.keyboard.press('F7');
  await rest(700);
  await stop('bookmarks');
  const act = async (n) => {
    await page.click(`tr[data-bookmark] .acts button:nth-child(${n})`);
    await rest(500);
  };
  await act(2);
  await stop('bookmark-dialog');
  await leave();
  await act(3);
  await stop('hold');
  await leave();
  await act(4);
  await stop('copy');
  await leave();
  await page.click('[data-tab=holds]');
  await rest(200);
  await stop('holds');
  await page.keyboard.press('F4');
  await rest(300);
  await page.dblclick('tr[data-camera=C002]');
  await page.click('[data-tab=record]');
  await page.click('.presets button:nth-child(2)');
  await rest();
  await stop('camera-record');
  await page.click('[data-tab=next]');
  await rest();
  await stop('camera-next');
  await page.keyboard.press('F8');
  await rest(700);
  await stop('storage');

  await open('fake=16&critical=1');
  await stop('critical');

  await open('fake=240&line=12');
  await stop('line');
  await page.click('[data-alarm-shown]');
  await rest(200);
  await stop('line-alarms');
  await leave();
  await open('fake=240');
  await page.keyboard.press('Alt+7');
  await rest(1200);
  await stop('grid-64');
  await page.keyboard.press('o');
  await rest(2500);
  await stop('overview');
  await page.keyboard.press('h');
  await rest(1500);
  await stop('busiest');
}
