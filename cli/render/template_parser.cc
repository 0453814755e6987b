#include <cctype>
#include <charconv>

#include "cli/render/template_node.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

bool IsWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; }

// Reads the words of one action.
class ActionParser {
 public:
  explicit ActionParser(std::string_view text) : text_(text) {}

  Result<TemplatePipeline> Pipeline() {
    TemplatePipeline stages(1);
    while (true) {
      SkipSpace();
      if (at_ >= text_.size() || text_[at_] == ')') break;
      if (text_[at_] == '|') {
        ++at_;
        stages.emplace_back();
        continue;
      }
      ASSIGN_OR_RETURN(TemplateTerm term, Term());
      stages.back().push_back(std::move(term));
    }
    for (const auto& stage : stages)
      if (stage.empty()) return MakeError(ErrorCode::kInvalid, "template: missing value in \"{}\"", text_);
    return stages;
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  Result<TemplateTerm> Term() {
    const char c = text_[at_];
    if (c == '"' || c == '`') return Text(c);
    if (c == '.' || c == '$') return Path();
    if (c == '(') return Call();
    const size_t start = at_;
    while (at_ < text_.size() && IsWordCharacter(text_[at_])) ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    if (word.empty()) return MakeError(ErrorCode::kInvalid, "template: unexpected '{}' in \"{}\"", c, text_);
    TemplateTerm term;
    if (std::from_chars(word.data(), word.data() + word.size(), term.number).ptr ==
        word.data() + word.size()) {
      term.kind = TemplateTerm::Kind::kNumber;
      return term;
    }
    term.function = true;
    term.path.emplace_back(word);
    return term;
  }

  Result<TemplateTerm> Text(char quote) {
    TemplateTerm term;
    term.kind = TemplateTerm::Kind::kText;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        term.text += text_[at_] == 'n' ? '\n' : text_[at_] == 't' ? '\t' : text_[at_];
      } else {
        term.text += text_[at_];
      }
    }
    if (at_ >= text_.size())
      return MakeError(ErrorCode::kInvalid, "template: unterminated quote in \"{}\"", text_);
    ++at_;
    return term;
  }

  Result<TemplateTerm> Path() {
    TemplateTerm term;
    term.from_root = text_[at_] == '$';
    if (term.from_root) ++at_;
    while (at_ < text_.size() && text_[at_] == '.') {
      const size_t start = ++at_;
      while (at_ < text_.size() && IsWordCharacter(text_[at_])) ++at_;
      if (at_ > start) term.path.emplace_back(text_.substr(start, at_ - start));
    }
    return term;
  }

  Result<TemplateTerm> Call() {
    ++at_;
    TemplateTerm term;
    term.kind = TemplateTerm::Kind::kCall;
    ASSIGN_OR_RETURN(term.pipeline, Pipeline());
    if (at_ >= text_.size())
      return MakeError(ErrorCode::kInvalid, "template: unclosed left paren in \"{}\"", text_);
    ++at_;
    while (at_ < text_.size() && text_[at_] == '.') {  // (index .A 0).B
      const size_t start = ++at_;
      while (at_ < text_.size() && IsWordCharacter(text_[at_])) ++at_;
      term.path.emplace_back(text_.substr(start, at_ - start));
    }
    return term;
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

std::string Unescape(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == 't' || next == 'n') {
      result += next == 't' ? '\t' : '\n';
      ++i;
    } else {
      result += text[i];
    }
  }
  return result;
}

class TemplateParser {
 public:
  using Nodes = std::vector<std::unique_ptr<Template::Node>>;

  explicit TemplateParser(std::string_view text) : rest_(text) {}

  Result<Nodes> All() {
    std::string_view end;
    ASSIGN_OR_RETURN(Nodes nodes, Until(&end));
    if (!end.empty()) return MakeError(ErrorCode::kInvalid, "template: unexpected {{{{{}}}}}", end);
    return nodes;
  }

 private:
  // Reads up to {{end}} or {{else}}, which goes to `end`, or to the end of the text.
  Result<Nodes> Until(std::string_view* end) {
    Nodes nodes;
    while (!rest_.empty()) {
      const size_t open = rest_.find("{{");
      AddText(nodes, rest_.substr(0, open));
      if (open == std::string_view::npos) {
        rest_ = {};
        break;
      }
      const size_t close = rest_.find("}}", open);
      if (close == std::string_view::npos) return MakeError(ErrorCode::kInvalid, "template: unclosed action");
      std::string_view action = rest_.substr(open + 2, close - open - 2);
      rest_.remove_prefix(close + 2);
      TrimMarkers(nodes, action);
      if (action == "end" || action == "else") {
        *end = action;
        return nodes;
      }
      ASSIGN_OR_RETURN(std::unique_ptr<Template::Node> node, Action(action));
      nodes.push_back(std::move(node));
    }
    *end = {};
    return nodes;
  }

  static void AddText(Nodes& nodes, std::string_view text) {
    if (text.empty()) return;
    auto node = std::make_unique<Template::Node>();
    node->kind = Template::Node::Kind::kText;
    node->text = text;
    nodes.push_back(std::move(node));
  }

  // "{{- x -}}" eats the white space around it.
  void TrimMarkers(Nodes& nodes, std::string_view& action) {
    if (action.starts_with("- ")) {
      action.remove_prefix(1);
      if (!nodes.empty() && nodes.back()->kind == Template::Node::Kind::kText) {
        std::string& text = nodes.back()->text;
        while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
      }
    }
    if (action.ends_with(" -")) {
      action.remove_suffix(1);
      while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())))
        rest_.remove_prefix(1);
    }
    action = Trimmed(action);
  }

  Result<std::unique_ptr<Template::Node>> Action(std::string_view action) {
    using Kind = Template::Node::Kind;
    auto node = std::make_unique<Template::Node>();
    const std::string_view word = action.substr(0, action.find(' '));
    node->kind = word == "if"      ? Kind::kIf
                 : word == "range" ? Kind::kRange
                 : word == "with"  ? Kind::kWith
                                   : Kind::kValue;
    if (node->kind != Kind::kValue) action.remove_prefix(word.size());
    ASSIGN_OR_RETURN(node->pipeline, ActionParser(Trimmed(action)).Pipeline());
    if (node->kind == Kind::kValue) return node;
    std::string_view end;
    ASSIGN_OR_RETURN(node->body, Until(&end));
    if (end == "else") {
      ASSIGN_OR_RETURN(node->otherwise, Until(&end));
    }
    if (end != "end") return MakeError(ErrorCode::kInvalid, "template: {{{{{}}}}} without {{{{end}}}}", word);
    return node;
  }

  std::string_view rest_;
};

}  // namespace

Result<Template> Template::Parse(std::string_view text) {
  const std::string unescaped = Unescape(text);
  auto root = std::make_unique<Node>();
  ASSIGN_OR_RETURN(root->body, TemplateParser(unescaped).All());
  return Template(std::move(root));
}

Template::Template(std::unique_ptr<Node> root) : root_(std::move(root)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

}  // namespace skiff::cli
