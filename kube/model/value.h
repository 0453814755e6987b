// A tree of plain values (what YAML and JSON have in common) in which every value knows its place in the
// source text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skiff::kube {

// Line and column in a source text, both from 1; 0 means that the value was made by the program.
struct Mark {
  int line = 0;
  int column = 0;
};

class Value {
 public:
  enum class Kind { kNull, kBool, kInt, kFloat, kString, kList, kMap };
  struct Entry;

  Value() = default;
  // `text`: how it was written ("yes").
  static Value Bool(bool value, std::string text = {});
  static Value Int(int64_t value);
  // A number that is not an int64: kept as text, so that quantities stay exact ("0.1", "1e3").
  static Value Float(std::string text);
  static Value String(std::string value);
  static Value List();
  static Value Map();

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool bool_value() const { return integer_ != 0; }
  int64_t int_value() const { return integer_; }
  // kString: the string. kInt and kFloat: the number in decimal. kBool: as it was written, may be empty.
  const std::string& text() const { return text_; }
  std::vector<Value>& items() { return items_; }
  const std::vector<Value>& items() const { return items_; }
  // In the order of the source; duplicate keys are refused before a Value exists.
  std::vector<Entry>& entries() { return entries_; }
  const std::vector<Entry>& entries() const { return entries_; }

  // The member of a map; null when this is no map or has no such key.
  const Value* Find(std::string_view key) const;
  // The value at a path as validation writes it ("spec.containers[0].env[1].value", "data[tls.key]"); where
  // the path leads nowhere, its deepest ancestor that exists. Never null.
  const Value& Nearest(std::string_view path) const;
  // Adds or replaces a member of a map.
  void Set(std::string_view key, Value value);

  Mark mark() const { return mark_; }
  void set_mark(Mark mark) { mark_ = mark; }

  // `nothing`, `the boolean yes`, `the number 5`, `the string "x"`, `a list`, `an object`, for messages.
  std::string Describe() const;
  // Compact JSON, for messages and comparisons.
  std::string ToJson() const;
  // Compares contents, not places.
  friend bool operator==(const Value& a, const Value& b);

 private:
  Kind kind_ = Kind::kNull;
  int64_t integer_ = 0;
  Mark mark_;
  std::string text_;
  std::vector<Value> items_;
  std::vector<Entry> entries_;
};

struct Value::Entry {
  std::string key;
  Mark key_mark;
  Value value;
};

}  // namespace skiff::kube
