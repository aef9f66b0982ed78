import { columnsOf, guessColumn, unambiguousCells } from './pasted-table';

const [LONDON, ZURICH] = ['+442079460958', '+41791234567'] as const;

describe('columnsOf', () => {
  it('reads what spreadsheets copy, and CSV with quotes', () => {
    const cells = [ZURICH, LONDON];
    const columns = [
      { position: 2, name: 'Phone', cells },
      { position: 3, name: 'Born; at', cells: ['1990'] },
    ];
    for (const text of [
      `Name\tPhone\tBorn; at\r\nAda, "Countess"\t${ZURICH}\t1990\r\n\tnone\t\r\nBob\t${LONDON}`,
      `Name;Phone;"Born; at"\n"Ada, ""Countess""";${ZURICH};1990\nBob; ${LONDON} ;\n`,
      `Name,Phone,Born; at\nAda,${ZURICH},1990\nBob,${LONDON}`.replace('Born; at', '"Born; at"'),
    ])
      expect(columnsOf(text).map((column) => ({ ...column }))).toEqual(columns);
  });

  it('takes a quote that does not end with its cell for a part of the text', () => {
    const [numbers, others] = columnsOf(
      `"Ada" Smith\t${ZURICH}\t4711002\n"Bob\t${LONDON}\t4711003`,
    );
    expect(numbers?.cells).toEqual([ZURICH, LONDON]);
    expect(others?.cells).toEqual(['4711002', '4711003']);
    const quoted = columnsOf('"a\nb 100"\t"x ""100"""');
    expect(quoted.map(({ cells }) => cells)).toEqual([['a\nb 100'], ['x "100"']]);
  });

  it('keeps an empty first cell', () => {
    const columns = columnsOf(`\tPhone\tFax\nAda\t${ZURICH}\t${LONDON}`);
    expect(columns.map(({ name }) => name)).toEqual(['Phone', 'Fax']);
  });

  it('takes no header from a row that has digits', () => {
    expect(columnsOf(`Ada\t${ZURICH}\nBob\t${LONDON}`)).toEqual([
      { position: 2, name: '', cells: [ZURICH, LONDON] },
    ]);
  });
});

describe('unambiguousCells', () => {
  it.each([
    [`Ada\t${ZURICH}\nBob\t${LONDON}`, [ZURICH, LONDON]],
    [`Name,Phone\nAda,${ZURICH}`, [ZURICH]],
    [`Name,Phone 1 - Label,Phone 1 - Value\nAda,Mobile,${ZURICH}`, [ZURICH]],
    [`${ZURICH}, ${LONDON},\n${ZURICH}`, [ZURICH, LONDON, ZURICH]],
    [`Ada;\n${ZURICH};\nBob;`, ['Ada', '', ZURICH, '', 'Bob', '']],
    ['Name\tPhone 1', ['Name', 'Phone 1']],
    ['Name\tTown\nAda\tLondon', ['Name', 'Town', 'Ada', 'London']],
  ])('finds them in %j', (text, cells) => {
    expect(unambiguousCells(text)?.map((cell) => cell.trim())).toEqual(cells);
  });

  it.each([
    ['another column with digits', `Ada\t${ZURICH}\t8001`],
    ['a number without its country code', `Ada\t${ZURICH}\nBob\t020 7946 0958`],
    ['dates alone', 'Ada\t1990-05-12'],
    ['names beside two columns', `Ada\t${ZURICH}\t${LONDON}`],
    ['nothing but two columns', `${ZURICH}\t${LONDON}`],
    ['one cell in each row, in two columns', `${ZURICH}\t\n\t4711001`],
    ['a list with something else in a cell', `Name\tPhone\nAda\t${ZURICH}; 4711001`],
  ])('finds none where there is %s', (_, text) => {
    expect(unambiguousCells(text)).toBeUndefined();
  });
});

describe('guessColumn', () => {
  it('prefers country codes to leading zeros, and these to other digits', () => {
    const guess = (text: string) => guessColumn(columnsOf(text), () => true)?.position;
    expect(guess(`4711001\t030 901820\t${ZURICH}`)).toBe(3);
    expect(guess('4711001\t030 901820\t1990-05-12')).toBe(2);
    expect(guess('4711001\t4711002')).toBe(1);
  });

  it('guesses none where nothing can be a number', () => {
    expect(guessColumn(columnsOf('1\t2'), () => false)).toBeUndefined();
    expect(guessColumn([], () => true)).toBeUndefined();
  });
});
