#include "cli/render/template.h"

#include <strings.h>

#include <algorithm>

#include "cli/render/template_node.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonDocument;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

bool IsTrue(const JsonValue& value) {
  if (value.IsNull()) return false;
  if (value.IsBool()) return value.GetBool();
  if (value.IsNumber()) return value.GetDouble() != 0;
  if (value.IsString()) return value.GetStringLength() > 0;
  if (value.IsArray()) return !value.Empty();
  return !value.ObjectEmpty();
}

std::string_view View(const JsonValue& value) { return {value.GetString(), value.GetStringLength()}; }

const JsonValue* Member(const JsonValue& object, const std::string& name) {
  const auto exact = object.FindMember(name.c_str());
  if (exact != object.MemberEnd()) return &exact->value;
  for (const auto& member : object.GetObject())
    if (::strcasecmp(member.name.GetString(), name.c_str()) == 0) return &member.value;
  return nullptr;
}

class Evaluator {
 public:
  explicit Evaluator(const JsonValue& root) : root_(root) {}

  Result<> Run(const std::vector<std::unique_ptr<Template::Node>>& nodes, const JsonValue& dot,
               std::string& out) {
    for (const auto& node : nodes) TRY(RunNode(*node, dot, out));
    return {};
  }

 private:
  using Kind = Template::Node::Kind;

  Result<> RunNode(const Template::Node& node, const JsonValue& dot, std::string& out) {
    if (node.kind == Kind::kText) {
      out += node.text;
      return {};
    }
    ASSIGN_OR_RETURN(const JsonValue value, Pipeline(node.pipeline, dot));
    if (node.kind == Kind::kValue) {
      out += GoText(value);
      return {};
    }
    if (!IsTrue(value)) return Run(node.otherwise, dot, out);
    if (node.kind == Kind::kIf) return Run(node.body, dot, out);
    if (node.kind == Kind::kWith) return Run(node.body, value, out);
    if (value.IsArray()) {
      for (const JsonValue& item : value.GetArray()) TRY(Run(node.body, item, out));
      return {};
    }
    if (!value.IsObject())
      return MakeError(ErrorCode::kInvalid, "template: range can't iterate over {}", GoText(value));
    for (const auto& member : value.GetObject()) TRY(Run(node.body, member.value, out));
    return {};
  }

  JsonValue Copy(const JsonValue& value) { return JsonValue(value, scratch_.GetAllocator()); }
  JsonValue Text(std::string_view text) {
    return JsonValue(text.data(), static_cast<rapidjson::SizeType>(text.size()), scratch_.GetAllocator());
  }

  Result<JsonValue> Pipeline(const TemplatePipeline& stages, const JsonValue& dot) {
    JsonValue carried;
    for (size_t i = 0; i < stages.size(); ++i) {
      ASSIGN_OR_RETURN(carried, Stage(stages[i], dot, i == 0 ? nullptr : &carried));
    }
    return carried;
  }

  Result<JsonValue> Stage(const std::vector<TemplateTerm>& words, const JsonValue& dot, JsonValue* piped) {
    std::vector<JsonValue> values;
    for (size_t i = words.front().function ? 1 : 0; i < words.size(); ++i) {
      ASSIGN_OR_RETURN(JsonValue value, Term(words[i], dot));
      values.push_back(std::move(value));
    }
    if (piped != nullptr) values.push_back(std::move(*piped));
    if (words.front().function) return Call(words.front().path.front(), values);
    if (values.size() != 1)
      return MakeError(ErrorCode::kInvalid, "template: can't give arguments to a value");
    return std::move(values.front());
  }

  Result<JsonValue> Term(const TemplateTerm& term, const JsonValue& dot) {
    switch (term.kind) {
      case TemplateTerm::Kind::kText:
        return Text(term.text);
      case TemplateTerm::Kind::kNumber:
        return JsonValue(term.number);
      case TemplateTerm::Kind::kCall: {
        ASSIGN_OR_RETURN(const JsonValue value, Pipeline(term.pipeline, dot));
        return Follow(value, term.path);
      }
      case TemplateTerm::Kind::kPath:
        break;
    }
    if (term.function && term.path.front() == "true") return JsonValue(true);
    if (term.function && term.path.front() == "false") return JsonValue(false);
    if (term.function)
      return MakeError(ErrorCode::kInvalid, "template: function \"{}\" not defined", term.path.front());
    return Follow(term.from_root ? root_ : dot, term.path);
  }

  Result<JsonValue> Follow(const JsonValue& start, const std::vector<std::string>& path) {
    const JsonValue* value = &start;
    for (const std::string& name : path) {
      const JsonValue* member = value->IsObject() ? Member(*value, name) : nullptr;
      if (member == nullptr) {
        // A map (labels, environment) answers any key; a record has the fields it has.
        if (value->IsNull() || (value->IsObject() && std::islower(static_cast<unsigned char>(name[0]))))
          return Text("<no value>");
        return MakeError(ErrorCode::kInvalid, "template: can't evaluate field {}", name);
      }
      value = member;
    }
    return Copy(*value);
  }

  Result<JsonValue> Call(const std::string& name, std::vector<JsonValue>& values) {
    const size_t count = values.size();
    if (name == "json" && count == 1) return Text(common::ToJson(values[0]));
    if ((name == "upper" || name == "lower") && count == 1) {
      std::string text = GoText(values[0]);
      for (char& c : text) c = static_cast<char>(name == "upper" ? std::toupper(c) : std::tolower(c));
      return Text(text);
    }
    if (name == "len" && count == 1) {
      const JsonValue& value = values[0];
      const unsigned length = value.IsArray()    ? value.Size()
                              : value.IsObject() ? value.MemberCount()
                              : value.IsString() ? value.GetStringLength()
                                                 : 0;
      return JsonValue(length);
    }
    if (name == "not" && count == 1) return JsonValue(!IsTrue(values[0]));
    if ((name == "eq" || name == "ne") && count == 2)
      return JsonValue((values[0] == values[1]) == (name == "eq"));
    if ((name == "and" || name == "or") && count >= 1) {
      for (JsonValue& value : values)
        if (IsTrue(value) == (name == "or")) return std::move(value);
      return std::move(values.back());
    }
    if ((name == "print" || name == "println") && count >= 1) {
      std::string text;
      for (const JsonValue& value : values) text += (text.empty() ? "" : " ") + GoText(value);
      return Text(text + (name == "println" ? "\n" : ""));
    }
    if (name == "join" && count == 2) return Join(values[0], GoText(values[1]));
    if (name == "split" && count == 2) return Split(GoText(values[0]), GoText(values[1]));
    if (name == "index" && count >= 1) return Index(values);
    return MakeError(ErrorCode::kInvalid, "template: function \"{}\" not defined for {} argument(s)", name,
                     count);
  }

  Result<JsonValue> Join(const JsonValue& list, const std::string& separator) {
    if (!list.IsArray()) return MakeError(ErrorCode::kInvalid, "template: join needs a list");
    std::string text;
    for (rapidjson::SizeType i = 0; i < list.Size(); ++i) text += (i == 0 ? "" : separator) + GoText(list[i]);
    return Text(text);
  }

  Result<JsonValue> Split(const std::string& text, const std::string& separator) {
    JsonValue list(rapidjson::kArrayType);
    if (separator.empty()) return MakeError(ErrorCode::kInvalid, "template: split needs a separator");
    for (size_t start = 0; start <= text.size();) {
      const size_t end = std::min(text.find(separator, start), text.size());
      list.PushBack(Text(std::string_view(text).substr(start, end - start)), scratch_.GetAllocator());
      start = end + separator.size();
    }
    return list;
  }

  Result<JsonValue> Index(std::vector<JsonValue>& values) {
    JsonValue current = std::move(values[0]);
    for (size_t i = 1; i < values.size(); ++i) {
      const JsonValue& key = values[i];
      if (current.IsArray() && key.IsInt64()) {
        const int64_t at = key.GetInt64();
        if (at < 0 || at >= static_cast<int64_t>(current.Size()))
          return MakeError(ErrorCode::kInvalid, "template: index out of range: {}", at);
        current = Copy(current[static_cast<rapidjson::SizeType>(at)]);
      } else if (current.IsObject() && key.IsString()) {
        const auto member = current.FindMember(key);
        if (member == current.MemberEnd()) return Text("");
        current = Copy(member->value);
      } else {
        return MakeError(ErrorCode::kInvalid, "template: can't index {} with {}", GoText(current),
                         GoText(key));
      }
    }
    return current;
  }

  const JsonValue& root_;
  JsonDocument scratch_;
};

}  // namespace

std::string GoText(const JsonValue& value) {
  if (value.IsString()) return std::string(View(value));
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  if (value.IsInt64()) return fmt::format("{}", value.GetInt64());
  if (value.IsUint64()) return fmt::format("{}", value.GetUint64());
  if (value.IsNumber()) return fmt::format("{}", value.GetDouble());
  if (value.IsNull()) return "<nil>";
  std::string text;
  if (value.IsArray()) {
    for (const JsonValue& item : value.GetArray()) text += (text.empty() ? "" : " ") + GoText(item);
    return "[" + text + "]";
  }
  std::map<std::string_view, const JsonValue*> sorted;
  for (const auto& member : value.GetObject()) sorted[View(member.name)] = &member.value;
  for (const auto& [key, item] : sorted)
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", key, GoText(*item));
  return "map[" + text + "]";
}

Result<std::string> Template::Execute(const JsonValue& data) const {
  std::string out;
  TRY(Evaluator(data).Run(root_->body, data, out));
  return out;
}

}  // namespace skiff::cli
