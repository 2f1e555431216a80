import { registerHooks } from 'node:module';

/**
 * Preloaded into the measured process: `src/**.ts` becomes `dist/**.js`, what is shipped. Stripping
 * types off the sources would add 30 MB and a start that no user has.
 */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const found = nextResolve(specifier, context);
    const root = new URL('../../src/', import.meta.url).href;
    if (!found.url.startsWith(root)) return found;
    const built = found.url.slice(root.length).replace(/\.ts$/, '.js');
    return {
      url: new URL(`../../dist/${built}`, import.meta.url).href,
      format: 'module',
      shortCircuit: true,
    };
  },
});
