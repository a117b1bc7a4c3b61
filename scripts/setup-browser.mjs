// Makes sure that there is a Chromium for the browser tests: one that is named, one that is installed, or one installed now.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium } from './find-chromium.mjs';

if (!findChromium()) {
  const root = process.getuid?.() === 0;
  if (root && existsSync('/usr/bin/apt-get')) {
    console.error('No Chromium found; installing the Debian package (about 80 MB).');
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const options = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
    spawnSync('apt-get', [...options, 'update'], { stdio: ['ignore', 'ignore', 'inherit'], env: environment });
    spawnSync('apt-get', [...options, 'install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], { stdio: ['ignore', 'ignore', 'inherit'], env: environment });
  }
}
if (!findChromium()) {
  console.error('Installing the Chromium that Playwright brings.');
  execFileSync('npx', ['playwright', 'install', 'chromium'], { stdio: 'inherit' });
}
const found = findChromium();
if (!found) {
  console.error('No Chromium for the browser tests. Install one, or name it: CHROMIUM_PATH=/path/to/chromium npm test');
  process.exit(1);
}
