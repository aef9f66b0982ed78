import { DefaultUrlSerializer, UrlTree } from '@angular/router';

/**
 * Brackets and semicolons in a path are characters like any others: numbers are written with them, and browsers leave
 * them as they are. The router would take them for outlets and matrix parameters, which no route here has.
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
