import type { YAMLError } from 'yaml';

type ErrorCode = YAMLError['code'];

const UNCLOSED = 'a { or [ above is not closed; close it with } or ] before this place';

/** What the parser says under one code, told apart by its words. */
const BY_MESSAGE: readonly (readonly [RegExp, string])[] = [
  [/end with a|sufficiently indented and end/, UNCLOSED],
  [/closing ['"]quote/, 'a quote above is not closed; add the closing quote'],
  [/^Missing , /, 'a comma is missing before this; add it'],
  [/^Missing space after :/, 'a blank is missing after the colon; add it'],
  [/followed by map values/, 'a colon is missing after this; write it as key: value'],
];

/** In the reader's words. None quotes the file: what stands there may be a secret. */
const BY_CODE: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) has an anchor or a tag of its own; remove one of them',
  BAD_ALIAS: 'the name of an anchor (&name) or alias (*name) is wrong; write the value out instead',
  BAD_COLLECTION_TYPE: 'the tag (!name) does not fit the value; remove it',
  BAD_DIRECTIVE: 'the line that begins with % means nothing; remove it',
  BAD_DQ_ESCAPE: 'a backslash in double quotes begins nothing known; use single quotes',
  BAD_INDENT:
    'the indentation fits nothing above it; give lines of one block the same number of blanks',
  BAD_PROP_ORDER: 'an anchor or tag stands in the wrong place; remove it',
  BAD_SCALAR_START: 'a value cannot begin with this character; put the value into quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a second colon or a list stands where one value is expected; put the value into quotes, or begin a new line',
  BLOCK_IN_FLOW: 'an indented block stands inside { } or [ ]; write it with { } or [ ], too',
  DUPLICATE_KEY: 'this key stands here a second time; keep one of the two',
  IMPOSSIBLE: 'this cannot be read; check quotes, brackets and indentation above it',
  KEY_OVER_1024_CHARS: 'a key is longer than 1,024 characters; a quote above may not be closed',
  MISSING_CHAR: 'a character is missing here; check quotes, brackets and colons',
  MULTILINE_IMPLICIT_KEY:
    'this line is no key: value; a colon is missing, or the line above goes on',
  MULTIPLE_ANCHORS: 'a value has two anchors; remove one',
  MULTIPLE_DOCS: 'a second document begins here (---); write one migration a file',
  MULTIPLE_TAGS: 'a value has two tags; remove them',
  NON_STRING_KEY: 'a key is no text; put it into quotes',
  RESOURCE_EXHAUSTION: 'the file is nested too deeply; write it flatter',
  TAB_AS_INDENT: 'a tab indents this line; indent with blanks',
  TAG_RESOLVE_FAILED: 'the tag (!name) is not known; remove it, or put the value into quotes',
  UNEXPECTED_TOKEN:
    'this does not belong here; put a value with special characters into quotes, or check the brackets and commas before it',
};

/** Reason and fix of what the YAML parser refuses. */
export function describeSyntaxFault(error: YAMLError): string {
  const match = BY_MESSAGE.find(([pattern]) => pattern.test(error.message));
  return match?.[1] ?? BY_CODE[error.code];
}
