/* The logo: a picture that is in the page, at the right of the title. Words stand for it where it is
   not seen; without words it is decoration. */
(function (geo) {
  'use strict';

  const logo = geo.data('logo');
  const top = document.querySelector('.top');
  if (!logo || !top) return;
  const picture = document.createElement('img');
  picture.src = logo.picture;
  picture.alt = logo.words;
  picture.className = 'logo';
  picture.style.cssText = 'float: right; max-width: min(240px, 35%); max-height: 72px; '
    + 'margin: 0.5rem 0 0.5rem 1rem; background: #ffffff;';
  top.insertBefore(picture, top.querySelector('h1'));
}(window.geodemand = window.geodemand || {}));
