#include "tools/export/onnx_graph.h"

#include "kernels/view.h"
#include "tests/support/catch.h"
#include "tests/support/onnx_run.h"

using Catch::Contains;

TEST_CASE("ONNX graph: what is written can be read and run") {
  onnx::Graph g(17, false);
  g.input("x", onnx::Type::f32, {"batch", int64_t(2)});
  const std::string sum =
      g.node("sum", {"Add", {"x", g.constant("c", std::vector<float>{1, -2}, {2})}});
  g.node("y", {"Clip", {sum, g.scalar("low", 0.0f), g.scalar("high", 6.0f)}});
  g.output("y", onnx::Type::f32, {"batch", int64_t(2)});
  const tests::OnnxModel model = tests::parse_onnx(g.model("test", {{"key", "value"}}));
  CHECK(model.ir_version == 8);
  CHECK(model.metadata.at("key") == "value");
  const auto values = tests::run_onnx(model, {{2, 2}, {1, 1, 7, 4}});
  CHECK(values.at("y").shape == std::vector<int64_t>{2, 2});
  CHECK(values.at("y").values == std::vector<double>{2, 0, 6, 2});
}

TEST_CASE("ONNX graph: values are made once, before they are used") {
  onnx::Graph g(17, false);
  g.input("x", onnx::Type::f32, {int64_t(1)});
  CHECK_THROWS_WITH(g.node("y", {"Relu", {"z"}}), Contains("'z'") && Contains("nothing makes"));
  CHECK_THROWS_WITH(g.node("x", {"Relu", {"x"}}), Contains("'x' is made twice"));
  CHECK_THROWS_WITH(g.output("w", onnx::Type::f32, {}), Contains("'w'"));
}

TEST_CASE("ONNX graph: large constants may be stored in half precision, small ones never") {
  const std::vector<float> many(2000, 0.1f), few(10, 0.1f);
  onnx::Graph g(17, true);
  g.input("x", onnx::Type::f32, {int64_t(1)});
  g.constant("many", many, {2000});
  g.constant("few", few, {10});
  g.exact_constant("exact", many, {2000});
  const tests::OnnxModel model = tests::parse_onnx(g.model("test", {}));
  CHECK(model.constants.at("few").values[0] == double(0.1f));
  CHECK(model.constants.at("exact").values[0] == double(0.1f));
  CHECK(model.constants.at("many_half").values[0] == double(float(kernels::f16(0.1f))));
  REQUIRE(model.nodes.size() == 1);
  CHECK(model.nodes[0].op == "Cast");
  CHECK(model.nodes[0].outputs == std::vector<std::string>{"many"});
}

TEST_CASE("ONNX graph: a weight beyond half precision is refused") {
  std::vector<float> many(2000, 65504.0f);
  onnx::Graph g(17, true);
  CHECK_NOTHROW(g.constant("largest", many, {2000}));
  many[1999] = -7e4f;
  CHECK_THROWS_WITH(g.constant("many", many, {2000}),
                    Contains("-70000") && Contains("'many'") && Contains("--half"));
}
