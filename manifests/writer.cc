#include "manifests/writer.h"

#include <algorithm>

#include "kube/model/text.h"
#include "manifests/scalar.h"

namespace skiff::manifests {

namespace {

using kube::Value;

bool IsCollection(const Value& value) {
  return (value.is(Value::Kind::kList) && !value.items().empty()) ||
         (value.is(Value::Kind::kMap) && !value.entries().empty());
}

// A block scalar keeps every line as it is; what YAML could not show in one needs quotes.
bool FitsBlock(const std::string& text) {
  if (text.find('\n') == text.npos || text.front() == '\n' || text.front() == ' ') return false;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find('\n', start), text.size());
    if (end > start && text[end - 1] == ' ') return false;
    start = end + 1;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\n' || c == '\t';
  });
}

std::string ScalarText(const std::string& text) { return IsPlainString(text) ? text : kube::QuoteText(text); }

class Writer {
 public:
  std::string Take() { return std::move(out_); }

  void Map(const Value& map, int indent) {
    bool first = true;
    for (const Value::Entry& entry : map.entries()) {
      // The first key of a list item stands behind the dash.
      if (!first || !after_dash_) out_.append(indent, ' ');
      first = after_dash_ = false;
      out_ += ScalarText(entry.key) + ":";
      Member(entry.value, indent);
    }
  }

  void List(const Value& list, int indent) {
    bool first = true;
    for (const Value& item : list.items()) {
      if (!first || !after_dash_) out_.append(indent, ' ');
      first = after_dash_ = false;
      out_ += "- ";
      if (IsCollection(item)) {
        after_dash_ = true;
        Collection(item, indent + 2);
      } else {
        Scalar(item, indent + 2);
      }
    }
  }

  void Document(const Value& value) {
    if (IsCollection(value))
      Collection(value, 0);
    else
      Scalar(value, 2);
  }

 private:
  void Collection(const Value& value, int indent) {
    if (value.is(Value::Kind::kMap))
      Map(value, indent);
    else
      List(value, indent);
  }

  void Member(const Value& value, int indent) {
    if (!IsCollection(value)) {
      out_ += ' ';
      Scalar(value, indent + 2);
      return;
    }
    out_ += '\n';
    // Lists stand below their key without further indentation, as kubectl writes them.
    Collection(value, value.is(Value::Kind::kMap) ? indent + 2 : indent);
  }

  void Scalar(const Value& value, int indent) {
    if (!value.is(Value::Kind::kString)) {
      out_ += value.ToJson() + "\n";
    } else if (FitsBlock(value.text())) {
      Block(value.text(), indent);
    } else {
      out_ += ScalarText(value.text()) + "\n";
    }
  }

  void Block(const std::string& text, int indent) {
    const bool ends_with_break = text.back() == '\n';
    const bool more_breaks = text.ends_with("\n\n");
    out_ += more_breaks ? "|+\n" : ends_with_break ? "|\n" : "|-\n";
    size_t start = 0;
    while (start < text.size()) {
      const size_t end = std::min(text.find('\n', start), text.size());
      if (end > start) out_.append(indent, ' ').append(text, start, end - start);
      out_ += '\n';
      start = end + 1;
    }
  }

  std::string out_;
  bool after_dash_ = false;
};

}  // namespace

std::string WriteYaml(const Value& value) {
  Writer writer;
  writer.Document(value);
  return writer.Take();
}

std::string WriteYaml(const kube::Object& object, const kube::EncodeOptions& options) {
  return WriteYaml(kube::Encode(object, options));
}

std::string WriteYaml(const std::vector<kube::Object>& objects, const kube::EncodeOptions& options) {
  std::string out;
  for (const kube::Object& object : objects) out += (out.empty() ? "" : "---\n") + WriteYaml(object, options);
  return out;
}

}  // namespace skiff::manifests
