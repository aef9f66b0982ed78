import { DefaultUrlSerializer, UrlTree } from '@angular/router';

/**
 * Treats brackets and semicolons in a path as ordinary characters: phone numbers are written with them, and browsers do
 * not encode them. The router would take them for outlets and matrix parameters, which no route here has.
 */
export class PlainPathSerializer extends DefaultUrlSerializer {
  override parse(url: string): UrlTree {
    return super.parse(
      url.replace(/^[^?#]+/, (path) =>
        path.replace(/[();]/g, (character) => `%${character.charCodeAt(0).toString(16)}`),
      ),
    );
  }
}
