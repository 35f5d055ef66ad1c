/** What both kinds of Teams services have in their sections. */
export const cardFields = {
  template: 'text',
  title: 'text',
  summary: 'text',
  text: 'text',
  themeColor: 'text',
  facts: 'text',
  sections: 'text',
  potentialAction: 'text',
} as const;
