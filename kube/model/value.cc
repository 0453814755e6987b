#include "kube/model/value.h"

#include <charconv>

#include "kube/model/text.h"

namespace skiff::kube {

Value Value::Bool(bool value, std::string text) {
  Value v;
  v.kind_ = Kind::kBool;
  v.integer_ = value;
  v.text_ = std::move(text);
  return v;
}

Value Value::Int(int64_t value) {
  Value v;
  v.kind_ = Kind::kInt;
  v.integer_ = value;
  v.text_ = std::to_string(value);
  return v;
}

Value Value::Float(std::string text) {
  Value v;
  v.kind_ = Kind::kFloat;
  v.text_ = std::move(text);
  return v;
}

Value Value::String(std::string value) {
  Value v;
  v.kind_ = Kind::kString;
  v.text_ = std::move(value);
  return v;
}

Value Value::List() {
  Value v;
  v.kind_ = Kind::kList;
  return v;
}

Value Value::Map() {
  Value v;
  v.kind_ = Kind::kMap;
  return v;
}

const Value* Value::Find(std::string_view key) const {
  for (const Entry& entry : entries_) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

void Value::Set(std::string_view key, Value value) {
  for (Entry& entry : entries_) {
    if (entry.key == key) {
      entry.value = std::move(value);
      return;
    }
  }
  entries_.push_back({std::string(key), {}, std::move(value)});
}

namespace {

// Takes the first step off a path: "a", "[0]" or "[tls.key]" (brackets removed).
std::string_view TakeStep(std::string_view& path) {
  if (path.starts_with('.')) path.remove_prefix(1);
  const bool bracket = path.starts_with('[');
  const size_t end = bracket ? path.find(']') : path.find_first_of(".[");
  std::string_view step =
      path.substr(bracket ? 1 : 0, end == path.npos ? path.npos : end - (bracket ? 1 : 0));
  path.remove_prefix(end == path.npos ? path.size() : end + (bracket ? 1 : 0));
  return step;
}

}  // namespace

const Value& Value::Nearest(std::string_view path) const {
  const Value* current = this;
  while (!path.empty()) {
    const std::string_view step = TakeStep(path);
    const Value* next = nullptr;
    if (current->is(Kind::kList)) {
      size_t index = 0;
      const auto parsed = std::from_chars(step.data(), step.data() + step.size(), index);
      if (parsed.ec == std::errc() && index < current->items_.size()) next = &current->items_[index];
    } else {
      next = current->Find(step);
    }
    if (next == nullptr) break;
    current = next;
  }
  return *current;
}

std::string Value::Describe() const {
  switch (kind_) {
    case Kind::kNull:
      return "nothing";
    case Kind::kBool:
      return "the boolean " + (text_.empty() ? ToJson() : text_);
    case Kind::kInt:
    case Kind::kFloat:
      return "the number " + text_;
    case Kind::kString:
      return "the string " + QuoteText(text_);
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "an object";
  }
  return {};
}

std::string Value::ToJson() const {
  std::string out;
  switch (kind_) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return bool_value() ? "true" : "false";
    case Kind::kInt:
    case Kind::kFloat:
      return text_;
    case Kind::kString:
      return QuoteText(text_);
    case Kind::kList:
      for (const Value& item : items_) out += (out.empty() ? "" : ",") + item.ToJson();
      return "[" + out + "]";
    case Kind::kMap:
      for (const Entry& entry : entries_) {
        out += (out.empty() ? "" : ",") + QuoteText(entry.key) + ":" + entry.value.ToJson();
      }
      return "{" + out + "}";
  }
  return out;
}

bool operator==(const Value& a, const Value& b) {
  if (a.kind_ != b.kind_ || a.integer_ != b.integer_ || a.items_ != b.items_) return false;
  if (a.kind_ != Value::Kind::kBool && a.text_ != b.text_) return false;
  if (a.entries_.size() != b.entries_.size()) return false;
  for (const Value::Entry& entry : a.entries_) {
    const Value* other = b.Find(entry.key);
    if (other == nullptr || !(*other == entry.value)) return false;
  }
  return true;
}

}  // namespace skiff::kube
