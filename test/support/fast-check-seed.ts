import fc from 'fast-check';

/**
 * Random inputs differ from run to run on a desk, so that they find something new; a build is to give
 * the same answer twice. COALMINE_TEST_SEED names any other seed, such as that of a failure.
 */
const BUILD_SEED = 20_261_124;

const given = process.env['COALMINE_TEST_SEED'];
if (given !== undefined) fc.configureGlobal({ seed: Number(given) });
else if (process.env['CI'] !== undefined) fc.configureGlobal({ seed: BUILD_SEED });
