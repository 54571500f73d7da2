// What extensions, translations, ad blockers and phones do to the HTML of a page. Each runs in the page, and is given the
// words of the question that the test goes on with.

/** By what they do. */
export const TAMPERINGS: Record<string, (kept: string) => void> = {
  'a phone number becomes a link': () => {
    for (const text of texts()) {
      const digits = /\d+/.exec(text.data);
      if (!digits) continue;
      const number = text.splitText(digits.index);
      number.splitText(digits[0].length);
      const link = document.createElement('a');
      link.href = `tel:${digits[0]}`;
      number.replaceWith(link);
      link.append(digits[0]);
    }
    function texts(): Text[] {
      const walker = document.createTreeWalker(document.querySelector('main') ?? document.body, NodeFilter.SHOW_TEXT);
      const found: Text[] = [];
      while (walker.nextNode()) found.push(walker.currentNode as Text);
      return found.filter((text) => !text.parentElement?.closest('script, textarea, option, noscript'));
    }
  },
  'a translation replaces texts': () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: Text[] = [];
    while (walker.nextNode()) found.push(walker.currentNode as Text);
    for (const text of found.filter((text) => text.data.trim() && !text.parentElement?.closest('script, textarea, option, noscript'))) {
      const outer = document.createElement('font');
      const inner = outer.appendChild(document.createElement('font'));
      inner.textContent = text.data;
      text.parentNode?.insertBefore(outer, text);
      text.remove();
    }
    document.documentElement.classList.add('translated-ltr');
  },
  'texts are marked': () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: Text[] = [];
    while (walker.nextNode()) found.push(walker.currentNode as Text);
    for (const text of found.filter((text) => text.data.trim() && !text.parentElement?.closest('script, textarea, option, noscript'))) {
      const range = document.createRange();
      range.selectNodeContents(text);
      range.surroundContents(document.createElement('mark'));
    }
  },
  'texts are moved into an element': () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: Text[] = [];
    while (walker.nextNode()) found.push(walker.currentNode as Text);
    for (const text of found.filter((text) => !text.parentElement?.closest('script, textarea, option, noscript'))) {
      const span = document.createElement('span');
      text.replaceWith(span);
      span.append(text);
    }
  },
  'elements stand behind the fields': () => {
    for (const field of document.querySelectorAll('input, textarea, select')) {
      field.after(Object.assign(document.createElement('div'), { textContent: '🔑' }));
      field.setAttribute('autocomplete', 'off');
    }
  },
  'a banner is first in the page': () => {
    document.body.prepend(Object.assign(document.createElement('aside'), { textContent: 'Accept everything' }));
    document.querySelector('#app')?.prepend(Object.assign(document.createElement('aside'), { textContent: 'And this' }));
  },
  'elements stand in the cards': () => {
    for (const card of document.querySelectorAll('article')) {
      card.prepend(document.createElement('i'));
      card.append(document.createElement('i'));
      card.before(document.createElement('hr'));
      card.querySelector('button')?.before(document.createElement('button'));
    }
  },
  'comments are removed': () => {
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_COMMENT);
    const found: ChildNode[] = [];
    while (walker.nextNode()) found.push(walker.currentNode as Comment);
    for (const comment of found) comment.remove();
  },
  'links are removed': () => {
    for (const link of document.querySelectorAll('a')) link.remove();
  },
  'cards are removed': (kept) => {
    const cards = [...document.querySelectorAll('#list article')];
    for (const card of cards.filter((card, at) => at % 2 === 0 && !card.textContent?.includes(kept))) card.closest('li')?.remove();
  },
  'attributes are changed': () => {
    for (const element of document.querySelectorAll('body, body *')) {
      element.classList.add('theirs');
      element.setAttribute('data-theirs', '1');
      element.setAttribute('title', 'theirs');
      element.removeAttribute('dir');
      if (element.hasAttribute('href')) element.setAttribute('href', 'https://elsewhere.example/');
    }
  },
  'everything is written anew': () => {
    const main = document.querySelector('main');
    if (main) main.innerHTML = String(main.innerHTML);
  },
  'what the page was drawn from is removed': () => {
    for (const script of document.querySelectorAll('body script')) script.remove();
  },
  'what the page was drawn from is changed': () => {
    for (const script of document.querySelectorAll('body script')) script.textContent = `{"Ok":${script.textContent}`;
  },
  'the page stands in another element': () => {
    const frame = document.createElement('div');
    frame.append(...document.body.childNodes);
    document.body.append(frame);
  },
};
