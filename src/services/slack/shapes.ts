/**
 * Fields of Slack's attachments and blocks as argocd-notifications knows them (slack-go 0.23.1, the version
 * that argo-cd pins): it decodes what a template wrote into these and posts what it encodes from them, so a
 * field that is not listed never reaches Slack, and one without `?` is posted even when the template left it out.
 *
 * One struct a line: `Name = field:type? …` in the order of encoding. `?` omits a field that has its zero value;
 * without a type a field is a string; `*T` may be null; `[]T` is a list. The types `Blocks`, `Elements`,
 * `ContextElements`, `Accessory`, `RichText*` and `InputElement` choose their struct by `type`, see go-json.ts.
 */
const STRUCTS = `
Attachment = color? fallback? callback_id? id:int? author_id? author_name? author_subname? author_link? author_icon? title? title_link? pretext? text? image_url? image_bytes:int? image_height:int? image_width:int? thumb_url? service_name? service_icon? from_url? original_url? fields:[]AttachmentField? actions:[]AttachmentAction? mrkdwn_in:[]string? blocks:Blocks footer? footer_icon? ts:number?
AttachmentField = title value short:bool
AttachmentAction = name text style? type value? data_source? min_query_length:int? options:[]ActionOption? selected_options:[]ActionOption? option_groups:[]ActionOptionGroup? confirm:*ActionConfirmation? url?
ActionOption = text value description?
ActionOptionGroup = text options:[]ActionOption
ActionConfirmation = title? text ok_text? dismiss_text?

Text = type text emoji:*bool? verbatim:bool?
Option = text:*Text value description:*Text? url?
OptionGroup = label:*Text? options:[]*Option
Confirmation = title:*Text text:*Text confirm:*Text deny:*Text? style?
SlackFile = id? url?
DispatchAction = trigger_actions_on:[]string?

actions = type block_id? elements:*Elements
context = type block_id? elements:ContextElements
context_actions = type block_id? elements:*Elements
divider = type block_id?
file = type block_id? external_id source
header = type text:*Text? block_id?
image = type image_url? alt_text block_id? title:*Text? slack_file:*SlackFile?
input = type block_id? label:*Text element:InputElement hint:*Text? optional:bool? dispatch_action:bool?
markdown = type block_id? text
section = type text:*Text? block_id? fields:[]*Text? accessory:*Accessory? expand:bool?
call = type block_id? call_id call:*CallData? api_decoration_available:bool?
video = type video_url thumbnail_url alt_text title:*Text block_id? title_url? author_name? provider_name? provider_icon_url? description:*Text?
table = type block_id? rows:[][]*TableCell column_settings:[]ColumnSetting?
task_card = type block_id? task_id title status? details:*RichText? output:*RichText? sources:[]TaskSource?
alert = type text:*Text level? block_id?
plan = type block_id? title tasks:[]task_card?
card = type block_id? hero_image:*element.image? icon:*element.image? title:*Text? subtitle:*Text? body:*Text? actions:*Elements?
carousel = type block_id? elements:[]*card

CallData = v1:*CallDetails? media_backend_type?
CallDetails = id app_id? app_icon_urls:*CallIcons? date_start:int date_end:int active_participants:[]CallParticipant? all_participants:[]CallParticipant? display_id? join_url? desktop_app_join_url? name? created_by? channels:[]string? is_dm_call:bool was_rejected:bool was_missed:bool was_accepted:bool has_ended:bool
CallIcons = image_32? image_36? image_48? image_64? image_72? image_96? image_128? image_192? image_512? image_1024? image_original?
CallParticipant = slack_id? external_id? display_name? avatar_url?
ColumnSetting = align is_wrapped:bool
TaskSource = type url text

element.image = type image_url:*string? alt_text slack_file:*SlackFile?
element.button = type? text:*Text action_id? url? value? confirm:*Confirmation? style?
element.overflow = type action_id? options:[]*Option confirm:*Confirmation?
element.datepicker = type action_id? placeholder:*Text? initial_date? confirm:*Confirmation? focus_on_load:bool?
element.timepicker = type action_id? placeholder:*Text? initial_time? confirm:*Confirmation? timezone? focus_on_load:bool?
element.datetimepicker = type action_id? initial_date_time:int? confirm:*Confirmation? focus_on_load:bool?
element.plain_text_input = type action_id? placeholder:*Text? initial_value? multiline:bool? min_length:int? max_length:int? dispatch_action_config:*DispatchAction? focus_on_load:bool?
element.rich_text_input = type action_id? placeholder:*Text? initial_value:*RichText? dispatch_action_config:*DispatchAction? focus_on_load:bool?
element.email_text_input = type action_id? placeholder:*Text? initial_value? dispatch_action_config:*DispatchAction? focus_on_load:bool?
element.url_text_input = type action_id? placeholder:*Text? initial_value? dispatch_action_config:*DispatchAction? focus_on_load:bool?
element.checkboxes = type action_id? options:[]*Option initial_options:[]*Option? confirm:*Confirmation? focus_on_load:bool?
element.radio_buttons = type action_id? options:[]*Option initial_option:*Option? confirm:*Confirmation? focus_on_load:bool?
element.select = type? placeholder:*Text? action_id? options:[]*Option? option_groups:[]*OptionGroup? initial_option:*Option? initial_user? initial_conversation? initial_channel? default_to_current_conversation:bool? response_url_enabled:bool? filter:*SelectFilter? min_query_length:*int? confirm:*Confirmation? focus_on_load:bool?
element.multi_select = type? placeholder:*Text? action_id? options:[]*Option? option_groups:[]*OptionGroup? initial_options:[]*Option? initial_users:[]string? initial_conversations:[]string? initial_channels:[]string? filter:*SelectFilter? min_query_length:*int? max_selected_items:*int? confirm:*Confirmation? focus_on_load:bool?
element.number_input = type is_decimal_allowed:bool action_id? placeholder:*Text? initial_value? min_value? max_value? dispatch_action_config:*DispatchAction? focus_on_load:bool?
element.file_input = type action_id? filetypes:[]string? max_files:int?
element.feedback_buttons = type action_id? positive_button:*FeedbackButton negative_button:*FeedbackButton
element.icon_button = type icon text:*Text action_id? value? confirm:*Confirmation? accessibility_label? visible_to_user_ids:[]string?
element.workflow_button = type text:*Text workflow:*Workflow action_id style? accessibility_label?
SelectFilter = include:[]string? exclude_external_shared_channels:bool? exclude_bot_users:bool?
FeedbackButton = text:*Text value accessibility_label?
Workflow = trigger:*WorkflowTrigger
WorkflowTrigger = url customizable_input_parameters:[]WorkflowInput?
WorkflowInput = name value

rich.text = type text style:*RichStyle?
rich.channel = type channel_id style:*RichStyle?
rich.user = type user_id style:*RichStyle?
rich.emoji = type name skin_tone:int? unicode? style:*RichStyle?
rich.link = type url text? style:*RichStyle?
rich.team = type team_id style:*RichStyle?
rich.usergroup = type usergroup_id style:*RichStyle?
rich.date = type timestamp:int format url:*string? fallback:*string?
rich.broadcast = type range
rich.color = type value
RichStyle = bold:bool? italic:bool? strike:bool? code:bool? underline:bool? highlight:bool? client_highlight:bool? unlink:bool?
`;

export interface Field {
  name: string;
  type: string;
  omitEmpty: boolean;
}

export const SHAPES: ReadonlyMap<string, readonly Field[]> = new Map(
  STRUCTS.split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', fields = ''] = line.split(' = ');
      return [name, fields.split(' ').map(parseField)];
    }),
);

function parseField(text: string): Field {
  const omitEmpty = text.endsWith('?');
  const [name = '', type = 'string'] = (omitEmpty ? text.slice(0, -1) : text).split(':');
  return { name, type, omitEmpty };
}

const SELECTS = [
  'static_select',
  'external_select',
  'users_select',
  'conversations_select',
  'channels_select',
];

/** The struct of an interactive element, by its `type`; undefined for one that argocd-notifications refuses. */
export function elementShape(type: string): string | undefined {
  if (SELECTS.includes(type)) return 'element.select';
  if (SELECTS.some((select) => type === `multi_${select}`)) return 'element.multi_select';
  return SHAPES.has(`element.${type}`) ? `element.${type}` : undefined;
}

const NO_ACCESSORY = new Set(
  'datetimepicker email_text_input url_text_input number_input file_input feedback_buttons icon_button'.split(
    ' ',
  ),
);

/** The struct of a section's accessory, by its `type`; undefined for one that is posted as null. */
export function accessoryShape(type: string): string | undefined {
  return NO_ACCESSORY.has(type) ? undefined : elementShape(type);
}

const BLOCKS = new Set(
  (
    'actions context context_actions divider file header image input markdown section call video table ' +
    'task_card alert plan card carousel'
  ).split(' '),
);

/** The struct of a block, by its `type`; undefined for one that is passed on as it is. */
export function blockShape(type: string): string | undefined {
  return BLOCKS.has(type) ? type : undefined;
}
