// Tries what a page of PulseStage needs of the network, and says in words what came through.
(() => {
  'use strict';
  const page = document.getElementById('check');
  const { tenant, heartbeat } = page.dataset;
  const now = () => performance.now();
  const seconds = (ms) => (ms < 950 ? Math.round(ms) + ' ms' : (ms / 1000).toFixed(1) + ' s');

  /** Shows what came of a check. */
  const say = (id, words) => {
    document.getElementById('check-' + id).textContent = words;
  };

  /** An answer with the time it took, or why there is none. */
  const ask = async (address, patience = 10000) => {
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), patience);
    const start = now();
    try {
      const answer = await fetch(address, { cache: 'no-store', signal: end.signal });
      const text = await answer.text();
      return { status: answer.status, text, took: now() - start };
    } catch {
      return { status: 0, text: '', took: now() - start };
    } finally {
      clearTimeout(timer);
    }
  };

  const reach = async () => {
    const { status, took } = await ask('/health/live');
    say('reach', status === 200 ? 'Yes, in ' + seconds(took) + '.' : 'No. Requests do not reach the server.');
    const entry = performance.getEntriesByName(location.origin + '/health/live').pop();
    const names = { 'http/1.1': 'HTTP/1.1', h2: 'HTTP/2', h3: 'HTTP/3' };
    const name = names[entry && entry.nextHopProtocol];
    if (name) say('version', name + (name === 'HTTP/1.1' ? '. At most six connections at a time; all tabs share one.' : '.'));
    return status === 200;
  };

  const again = async () => {
    const { status, text } = await ask(location.pathname + '?again');
    if (status !== 200) return;
    const found = new DOMParser().parseFromString(text, 'text/html').getElementById('check');
    if (!found) return;
    const kept = found.dataset.cookies === 'yes';
    say('cookies', kept ? 'Yes.' : 'No. Your browser keeps no cookies for this site, so you cannot vote or ask.');
  };

  const poll = async () => {
    const start = Date.now();
    const { status, text, took } = await ask('/api/events?tenantId=' + encodeURIComponent(tenant));
    const works = status === 200 && text.includes('"type":"connected"');
    const why = { 401: 'Sign in first.', 403: 'Sign in first.', 404: 'This workspace does not exist.', 429: 'Too many requests. Wait a minute.' };
    say('poll', works ? 'Yes, in ' + seconds(took) + '.' : why[status] || 'No.');
    const stamp = /"timestamp":(\d+)/.exec(text);
    if (stamp) {
      const ahead = Math.round((start + took / 2 - Number(stamp[1])) / 1000);
      const size = Math.abs(ahead) < 120 ? Math.abs(ahead) + ' s' : Math.round(Math.abs(ahead) / 60) + ' min';
      say('clock', Math.abs(ahead) < 3 ? 'Right.' : 'Your clock is ' + size + (ahead > 0 ? ' ahead.' : ' behind.'));
    } else {
      say('clock', 'Not known.');
    }
    return works ? 'works' : status === 401 || status === 403 ? 'closed' : 'fails';
  };

  /** Opens a stream: how long until it opens, its first message and its first heartbeat. */
  const stream = () =>
    new Promise((done) => {
      const beat = Number(heartbeat);
      const start = now();
      const events = new EventSource('/sse?tenantId=' + encodeURIComponent(tenant));
      let opened = false;
      let first = 0;
      const end = (result) => {
        clearTimeout(timer);
        events.close();
        done(result);
      };
      let timer = setTimeout(() => {
        if (!opened) say('open', 'No, not within 10 s.');
        say('first', 'No, nothing for 10 s. Something on the way holds it back.');
        say('beat', 'No.');
        end('held');
      }, 10000);
      events.onopen = () => {
        opened = true;
        say('open', 'Yes, in ' + seconds(now() - start) + '.');
      };
      events.onerror = () => {
        if (first) return;
        if (!opened) say('open', 'No.');
        say('first', 'No.');
        say('beat', 'No.');
        end('refused');
      };
      events.onmessage = ({ data }) => {
        if (!first) {
          first = now();
          say('first', 'Yes, after ' + seconds(first - start) + '.');
          document.getElementById('check-beat').textContent = 'Waiting, up to ' + Math.ceil((beat * 1.5) / 1000) + ' s …';
          clearTimeout(timer);
          timer = setTimeout(() => {
            say('beat', 'No, nothing came for ' + seconds(beat * 1.5 + 3000) + '. Something on the way holds it back.');
            end('held');
          }, beat * 1.5 + 3000);
        } else if (data.includes('"type":"heartbeat"')) {
          say('beat', 'Yes, after ' + seconds(now() - first) + '.');
          end('works');
        }
      };
    });

  const VERDICTS = {
    works: ['Your network lets everything through', 'Live updates work here. If a page still looks old, reload it.'],
    held: [
      'Something holds live updates back',
      'Pages update every few seconds instead, and voting and asking work. For live updates, try another network or switch off a VPN, a virus scanner or an extension that checks pages. At work, send the text below to your IT department.',
    ],
    closed: ['Sign in, then check again', 'This workspace is open to people with an account. Sign in, then open this page again.'],
    none: [
      'The server cannot be reached',
      'Check your connection, or try another network. At work, send the text below to your IT department.',
    ],
    fails: ['Something is wrong on our side or on the way', 'Try again in a minute. If it stays, send the text below to your IT department.'],
  };

  const report = (verdict) => {
    const lines = [...document.querySelectorAll('#check [data-check]')].map(
      (row) => row.querySelector('b').textContent + ' ' + row.querySelector('span').textContent,
    );
    document.getElementById('check-report').value = [
      'Network check of ' + location.origin + ', ' + new Date().toISOString(),
      VERDICTS[verdict][0],
      '',
      ...lines,
      'Browser: ' + navigator.userAgent,
      '',
      'For IT: PulseStage sends live updates as Server-Sent Events, one long answer of the type text/event-stream from ' +
        location.origin + '/sse. Please let this address through without buffering, compressing or scanning its answers, and ' +
        'without closing it in less than ' + Math.ceil((Number(heartbeat) * 1.5) / 1000) + ' seconds of silence. Without it pages ask ' +
        location.origin + '/api/events every few seconds.',
    ].join('\n');
  };

  const run = async () => {
    for (const id of ['open', 'first', 'beat', 'poll']) document.getElementById('check-' + id).textContent = '…';
    say('tabs', navigator.locks && 'BroadcastChannel' in window ? 'Yes.' : 'No. Each tab has a connection of its own.');
    const reached = await reach();
    await again();
    const polled = await poll();
    let verdict = reached ? polled : 'none';
    if (polled === 'works') {
      const streamed = await stream();
      verdict = streamed === 'works' ? 'works' : 'held';
    } else {
      for (const id of ['open', 'first', 'beat']) say(id, 'Not tried.');
    }
    document.getElementById('check-verdict').textContent = VERDICTS[verdict][0] + '.';
    document.getElementById('check-do').textContent = VERDICTS[verdict][1];
    report(verdict);
    document.getElementById('check-it').hidden = false;
    document.getElementById('check-again').hidden = false;
    page.dataset.verdict = verdict;
  };

  document.getElementById('check-copy').addEventListener('click', async () => {
    const text = document.getElementById('check-report');
    text.select();
    let copied = false;
    try {
      await navigator.clipboard.writeText(text.value);
      copied = true;
    } catch {
      copied = document.execCommand('copy');
    }
    document.getElementById('check-copied').textContent = copied ? 'Copied.' : 'Press Ctrl+C to copy the text.';
  });
  run();
})();
