/** Names that bots like to have, in the order in which they are handed out; as many as a table has seats. */
export const botNames: readonly string[] = [
  'Juniper', 'Basil', 'Clover', 'Sage', 'Maple', 'Sorrel', 'Hazel', 'Fennel', 'Rowan', 'Tansy',
  'Bramble', 'Yarrow', 'Alder', 'Poppy', 'Cedar', 'Thistle', 'Linden', 'Dill', 'Aster', 'Nettle',
  'Willow', 'Anise', 'Birch', 'Mallow', 'Laurel', 'Clary', 'Elder', 'Senna', 'Briar', 'Myrtle',
];
