// kubectl's JSONPath: each construct of its documentation, and what is wrong.
#include "kube/view/json_path.h"

#include <gtest/gtest.h>

#include "kube/translate/value_access.h"

namespace skiff::kube {
namespace {

constexpr char kList[] = R"({
  "kind": "List",
  "items": [
    {"kind": "None", "metadata": {"name": "127.0.0.1", "labels": {"kubernetes.io/hostname": "127.0.0.1"}},
     "status": {"capacity": {"cpu": "4"}, "addresses": [{"type": "LegacyHostIP", "address": "127.0.0.1"}], "n": 1}},
    {"kind": "None", "metadata": {"name": "127.0.0.2"},
     "status": {"capacity": {"cpu": "8"}, "addresses": [{"type": "LegacyHostIP", "address": "127.0.0.2"},
                {"type": "another", "address": "127.0.0.3"}], "n": 3}}
  ],
  "users": [{"name": "myself", "user": {}},
            {"name": "e2e", "user": {"username": "admin", "password": "secret"}, "on": true}]
})";

class JsonPathTest : public testing::Test {
 protected:
  std::string Run(const std::string& text) {
    const auto path = JsonPath::Parse(text);
    if (!path) return "parse: " + path.error().message();
    const auto result = path->Execute(list_);
    return result ? *result : "execute: " + result.error().message();
  }
  Value list_ = *ParseJsonValue(kList, "list");
};

TEST_F(JsonPathTest, TextAndMembers) {
  EXPECT_EQ(Run("kind is {.kind}"), "kind is List");
  EXPECT_EQ(Run("{$.kind}{@.kind}"), "ListList");
  EXPECT_EQ(Run("{['kind']}"), "List");
  EXPECT_EQ(Run("{.items[0].metadata.labels.kubernetes\\.io/hostname}"), "127.0.0.1");
  EXPECT_EQ(Run("{.items[0].metadata.labels['kubernetes\\.io/hostname']}"), "127.0.0.1");
  EXPECT_EQ(Run("{.items[0].metadata.labels['kubernetes.io/hostname']}"), "127.0.0.1");
  EXPECT_EQ(Run("{.nowhere.at.all}"), "");
  EXPECT_EQ(Run("{.users[1].on} {.items[1].status.n}"), "true 3");
}

TEST_F(JsonPathTest, ListsAndSlices) {
  EXPECT_EQ(Run("{.items[*].metadata.name}"), "127.0.0.1 127.0.0.2");
  EXPECT_EQ(Run("{.items[-1].metadata.name}"), "127.0.0.2");
  EXPECT_EQ(Run("{.items[0:1].metadata.name}"), "127.0.0.1");
  EXPECT_EQ(Run("{.items[1:].metadata.name}"), "127.0.0.2");
  EXPECT_EQ(Run("{.items[:-1].metadata.name}"), "127.0.0.1");
  EXPECT_EQ(Run("{.items[0:2:2].metadata.name}"), "127.0.0.1");
  EXPECT_EQ(Run("{.items[0,1]['metadata.name', 'status']['capacity']}"), R"({"cpu":"4"} {"cpu":"8"})");
  EXPECT_EQ(Run("{.items[*]['metadata', 'status']['name']}"), "127.0.0.1 127.0.0.2");
  EXPECT_EQ(Run("{.items[*]['metadata.name', 'status.capacity']}"),
            R"(127.0.0.1 127.0.0.2 {"cpu":"4"} {"cpu":"8"})");
  EXPECT_EQ(Run("{.items[2]}"), "execute: array index out of bounds: index 2, length 2");
  EXPECT_EQ(Run("{.kind[0]}"), R"(execute: "List" is not array or slice)");
}

TEST_F(JsonPathTest, AnyDepth) {
  EXPECT_EQ(Run("{..name}"), "127.0.0.1 127.0.0.2 myself e2e");
  EXPECT_EQ(Run("{..addresses[0].address}"), "127.0.0.1 127.0.0.2");
  EXPECT_EQ(Run("{.users.*.name}"), "myself e2e");
}

TEST_F(JsonPathTest, Filters) {
  EXPECT_EQ(Run(R"({.users[?(@.name=="e2e")].user.password})"), "secret");
  EXPECT_EQ(Run(R"({.users[?(@.name!='e2e')].name})"), "myself");
  EXPECT_EQ(Run("{.users[?(@.user.username)].name}"), "e2e");
  EXPECT_EQ(Run("{.users[?(@.on==true)].name}"), "e2e");
  EXPECT_EQ(Run("{.items[?(@.status.n > 2)].metadata.name}"), "127.0.0.2");
  EXPECT_EQ(Run("{.items[?(@.status.n<=1)].metadata.name}"), "127.0.0.1");
  EXPECT_EQ(Run("{.items[?(@.status.n>=1)].metadata.name}"), "127.0.0.1 127.0.0.2");
  EXPECT_EQ(Run(R"({.items[?(@.status.addresses[?(@.type=="another")])].metadata.name})"), "127.0.0.2");
  EXPECT_EQ(Run(R"({..addresses[?(@.type=="another")].address})"), "127.0.0.3");
}

TEST_F(JsonPathTest, Ranges) {
  EXPECT_EQ(Run(R"({range .items[*]}{.metadata.name}{"\t"}{.status.capacity.cpu}{"\n"}{end})"),
            "127.0.0.1\t4\n127.0.0.2\t8\n");
  EXPECT_EQ(Run(R"({range .items[*]}[{range .status.addresses[*]}{.address},{end}]{end})"),
            "[127.0.0.1,][127.0.0.2,127.0.0.3,]");
  EXPECT_EQ(Run(R"({range .users[*]}{@.name "-" $.kind};{end})"), "myself-List;e2e-List;");
  EXPECT_EQ(Run("{range .none[*]}x{end}y"), "y");
}

TEST_F(JsonPathTest, Mistakes) {
  EXPECT_EQ(Run("{.kind"), "parse: unclosed action");
  EXPECT_EQ(Run("{end}"), "parse: not in range, nothing to end");
  EXPECT_EQ(Run("{range .items[*]}x"), "parse: unexpected end of the template: {range} without {end}");
  EXPECT_EQ(Run("{.items[a]}"), "parse: invalid array index a");
  EXPECT_EQ(Run("{.items[0}"), "parse: unclosed action");
  EXPECT_EQ(Run("{kind}"), "parse: unrecognized identifier kind");
  EXPECT_EQ(Run(R"({"text})"), "parse: unterminated quoted string");
  EXPECT_EQ(Run("{.items[?(@.a=1)]}"),
            "parse: unrecognized operator = in filter \"@.a=1\"; write ==, !=, <, <=, > or >=");
}

TEST_F(JsonPathTest, RelaxedNotations) {
  for (const char* text : {"kind", ".kind", "{kind}", "{.kind}"}) {
    const auto path = JsonPath::ParseRelaxed(text);
    ASSERT_TRUE(path.has_value()) << text;
    EXPECT_EQ(*path->Execute(list_), "List") << text;
  }
  EXPECT_FALSE(JsonPath::ParseRelaxed("{.a").has_value());
  EXPECT_FALSE(JsonPath::ParseRelaxed("{.a}{.b}").has_value());
}

}  // namespace
}  // namespace skiff::kube
