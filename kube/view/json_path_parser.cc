#include <charconv>

#include "kube/view/json_path_node.h"

namespace skiff::kube {
namespace {

using common::ErrorCode;
using common::Result;
using Step = JsonPathStep;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n'; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The end of a quoted text that begins at `start`: the index of its closing quote.
Result<size_t> ClosingQuote(std::string_view text, size_t start) {
  for (size_t i = start + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == text[start])
      return i;
  }
  return MakeError(ErrorCode::kInvalid, "unterminated quoted string");
}

std::string Unquoted(std::string_view quoted) {
  std::string text;
  for (size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] != '\\' || i + 2 >= quoted.size()) {
      text += quoted[i];
      continue;
    }
    const char escaped = quoted[++i];
    text += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
  }
  return text;
}

bool IsQuoted(std::string_view text) {
  return text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
}

// The index of the first of `wanted` outside of quotes and brackets; npos when there is none.
Result<size_t> FindOutside(std::string_view text, std::string_view wanted, size_t start = 0) {
  int depth = 0;
  for (size_t i = start; i < text.size(); ++i) {
    const char c = text[i];
    if (depth == 0 && wanted.find(c) != wanted.npos) return i;
    if (c == '"' || c == '\'') {
      ASSIGN_OR_RETURN(i, ClosingQuote(text, i));
    } else if (c == '[' || c == '(') {
      ++depth;
    } else if (c == ']' || c == ')') {
      --depth;
    } else if (c == '\\') {
      ++i;
    }
  }
  return std::string_view::npos;
}

Result<std::vector<std::string_view>> SplitOutside(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    ASSIGN_OR_RETURN(const size_t end, FindOutside(text, std::string_view(&separator, 1)));
    parts.push_back(Trimmed(text.substr(0, end)));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

class ExpressionParser {
 public:
  explicit ExpressionParser(std::string_view text) : text_(text) {}

  Result<JsonPathExpression> Parse() {
    JsonPathExpression expression;
    if (!text_.empty() && (text_.front() == '$' || text_.front() == '@')) {
      expression.from_root = text_.front() == '$';
      ++at_;
    } else if (!text_.empty() && text_.front() != '.' && text_.front() != '[') {
      return MakeError(ErrorCode::kInvalid, "unrecognized identifier {}", text_);
    }
    while (at_ < text_.size()) {
      if (text_[at_] == '[') {
        TRY(TakeBracket(expression.steps));
      } else if (text_[at_] == '.') {
        TRY(TakeDot(expression.steps));
      } else {
        return MakeError(ErrorCode::kInvalid, "unexpected \"{}\" in \"{}\"", text_.substr(at_), text_);
      }
    }
    return expression;
  }

 private:
  Result<> TakeDot(std::vector<Step>& steps) {
    ++at_;
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      steps.push_back({.kind = Step::Kind::kDescend});
      if (at_ < text_.size() && text_[at_] == '[') return {};
    }
    if (at_ < text_.size() && text_[at_] == '[') return {};  // ".['a']"
    std::string name;
    for (; at_ < text_.size() && text_[at_] != '.' && text_[at_] != '['; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size())
        ++at_;
      else if (IsSpace(text_[at_]))
        return MakeError(ErrorCode::kInvalid, "unexpected space in \"{}\"", text_);
      name += text_[at_];
    }
    if (name == "*")
      steps.push_back({.kind = Step::Kind::kAll});
    else if (!name.empty())
      steps.push_back({.kind = Step::Kind::kField, .names = {name}});
    else if (at_ < text_.size())
      return MakeError(ErrorCode::kInvalid, "a name is missing in \"{}\"", text_);
    return {};
  }

  Result<> TakeBracket(std::vector<Step>& steps) {
    ASSIGN_OR_RETURN(const size_t end, FindOutside(text_, "]", at_ + 1));
    if (end == text_.npos) return MakeError(ErrorCode::kInvalid, "unterminated array in \"{}\"", text_);
    const std::string_view inside = Trimmed(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    ASSIGN_OR_RETURN(steps.emplace_back(), Bracket(inside));
    return {};
  }

  static Result<Step> Bracket(std::string_view inside) {
    if (inside == "*") return Step{.kind = Step::Kind::kAll};
    if (inside.starts_with("?(") && inside.ends_with(")"))
      return Filter(Trimmed(inside.substr(2, inside.size() - 3)));
    ASSIGN_OR_RETURN(const auto parts, SplitOutside(inside, ','));
    if (IsQuoted(parts.front())) {
      Step step{.kind = Step::Kind::kField};
      for (const std::string_view part : parts) {
        if (!IsQuoted(part)) return MakeError(ErrorCode::kInvalid, "invalid array index {}", inside);
        step.names.push_back(Unquoted(part));
      }
      return step;
    }
    if (inside.find(':') != inside.npos) return Slice(inside);
    Step step{.kind = Step::Kind::kIndexes};
    for (const std::string_view part : parts) {
      const auto index = ParseNumber(part);
      if (!index) return MakeError(ErrorCode::kInvalid, "invalid array index {}", inside);
      step.indexes.push_back(*index);
    }
    return step;
  }

  static Result<Step> Slice(std::string_view inside) {
    Step step{.kind = Step::Kind::kSlice};
    ASSIGN_OR_RETURN(const auto parts, SplitOutside(inside, ':'));
    std::optional<int64_t>* targets[] = {&step.begin, &step.end, &step.stride};
    if (parts.size() > 3) return MakeError(ErrorCode::kInvalid, "invalid array index {}", inside);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].empty()) continue;
      *targets[i] = ParseNumber(parts[i]);
      if (!*targets[i]) return MakeError(ErrorCode::kInvalid, "invalid array index {}", inside);
    }
    if (step.stride.value_or(1) < 1)
      return MakeError(ErrorCode::kInvalid, "step must be >= 1 in [{}]", inside);
    return step;
  }

  static Result<Step> Filter(std::string_view inside) {
    Step step{.kind = Step::Kind::kFilter};
    ASSIGN_OR_RETURN(const size_t at, FindOutside(inside, "=!<>"));
    if (at == inside.npos) {
      ASSIGN_OR_RETURN(step.left.path, ExpressionParser(inside).Parse());
      return step;
    }
    const bool two = inside.substr(at + 1).starts_with('=');
    step.comparison = inside.substr(at, two ? 2 : 1);
    if (step.comparison == "=" || step.comparison == "!")
      return MakeError(
          ErrorCode::kInvalid,
          "unrecognized operator {} in filter \"{}\"; write ==, !=, <, <=, > or >=", step.comparison, inside);
    ASSIGN_OR_RETURN(step.left, Operand(Trimmed(inside.substr(0, at))));
    ASSIGN_OR_RETURN(step.right, Operand(Trimmed(inside.substr(at + step.comparison.size()))));
    return step;
  }

  static Result<JsonPathOperand> Operand(std::string_view text) {
    JsonPathOperand operand;
    if (IsQuoted(text))
      operand.literal = Value::String(Unquoted(text));
    else if (text == "true" || text == "false")
      operand.literal = Value::Bool(text == "true", std::string(text));
    else if (text == "null" || text == "nil")
      operand.literal = Value();
    else if (const auto number = ParseNumber(text))
      operand.literal = Value::Int(*number);
    else if (!text.empty() && (std::isdigit(static_cast<unsigned char>(text.front())) || text.front() == '-'))
      operand.literal = Value::Float(std::string(text));
    else {
      ASSIGN_OR_RETURN(operand.path, ExpressionParser(text).Parse());
    }
    return operand;
  }

  std::string_view text_;
  size_t at_ = 0;
};

class TemplateParser {
 public:
  explicit TemplateParser(std::string_view text) : text_(text) {}

  Result<std::vector<JsonPath::Node>> Parse() {
    ASSIGN_OR_RETURN(auto nodes, Nodes(false));
    return nodes;
  }

 private:
  // Up to {end}, or to the end of the text.
  Result<std::vector<JsonPath::Node>> Nodes(bool in_range) {
    std::vector<JsonPath::Node> nodes;
    while (at_ < text_.size()) {
      const size_t brace = text_.find('{', at_);
      if (brace > at_)
        nodes.push_back(
            {.kind = JsonPath::Node::Kind::kText, .text = std::string(text_.substr(at_, brace - at_))});
      if (brace == text_.npos) {
        at_ = text_.size();
        break;
      }
      at_ = brace + 1;
      ASSIGN_OR_RETURN(const bool ended, Braces(in_range, nodes));
      if (ended) return nodes;
    }
    if (in_range)
      return MakeError(ErrorCode::kInvalid, "unexpected end of the template: {{range}} without {{end}}");
    return nodes;
  }

  // What one pair of braces says; true for {end}.
  Result<bool> Braces(bool in_range, std::vector<JsonPath::Node>& nodes) {
    ASSIGN_OR_RETURN(const size_t close, FindOutside(text_, "}", at_));
    if (close == text_.npos) return MakeError(ErrorCode::kInvalid, "unclosed action");
    std::string_view rest = Trimmed(text_.substr(at_, close - at_));
    at_ = close + 1;
    if (rest == "end") {
      if (!in_range) return MakeError(ErrorCode::kInvalid, "not in range, nothing to end");
      return true;
    }
    if (rest.starts_with("range") && rest.size() > 5 && IsSpace(rest[5])) {
      JsonPath::Node node{.kind = JsonPath::Node::Kind::kRange};
      ASSIGN_OR_RETURN(node.path, ExpressionParser(Trimmed(rest.substr(6))).Parse());
      ASSIGN_OR_RETURN(node.body, Nodes(true));
      nodes.push_back(std::move(node));
      return false;
    }
    TRY(Words(rest, nodes));
    return false;
  }

  // Several paths and texts may share one pair of braces: {.a "-" .b}.
  static Result<> Words(std::string_view rest, std::vector<JsonPath::Node>& nodes) {
    while (!(rest = Trimmed(rest)).empty()) {
      if (rest.front() == '"' || rest.front() == '\'') {
        ASSIGN_OR_RETURN(const size_t end, ClosingQuote(rest, 0));
        nodes.push_back({.kind = JsonPath::Node::Kind::kText, .text = Unquoted(rest.substr(0, end + 1))});
        rest.remove_prefix(end + 1);
        continue;
      }
      ASSIGN_OR_RETURN(size_t end, FindOutside(rest, " \t\n\""));
      end = std::min(end, rest.size());
      JsonPath::Node node{.kind = JsonPath::Node::Kind::kPath};
      ASSIGN_OR_RETURN(node.path, ExpressionParser(rest.substr(0, end)).Parse());
      nodes.push_back(std::move(node));
      rest.remove_prefix(end);
    }
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Result<std::vector<JsonPath::Node>> ParseJsonPath(std::string_view text) {
  return TemplateParser(text).Parse();
}

}  // namespace skiff::kube
