"""Chinese."""

ZH = {
    "empty": "其中没有可用的数值。",
    "nothing_measured": "没有采集到数值，请检查查询语句和时间范围。",
    "too_short": "只有{hours}小时的历史数据，满一整天之前无法预测。",
    "little_history": "只有{days}天的历史数据：区间很宽，满四天之前不给出建议。",
    "short_history": "只有{days}天的历史数据（需要七天）：区间比平时更宽。",
    "holes": "有{hours}小时没有数值（最长空缺{longest}小时），已按同一时刻的常见值补上。",
    "not_numbers": "有{points}个值不是数字，已忽略。",
    "clock_back": "部分时间戳倒退，已重新排序。",
    "clock_jump": "时钟跳变超过一个月，跳变之前的{points}个值已忽略。",
    "in_future": "有{points}个值的时间在未来，已忽略。",
    "restarts": "计数器重置了{times}次，每次都按从零开始计算。",
    "stale": "最新的数值是{hours}小时前的。",
    "trending": "这一周有明显趋势；多数趋势不会再持续三天，因此区间更宽。",
    "constant": "该值一周没有变化。",
    "beyond": "{days}天之后的走势只是按自身趋势延伸。",
    "vetoed": "在上周的回测中{model}明显优于神经网络，因此这里改用它。",
    "levelled": "“{what}”之前的历史已调整到其之后的水平。",
    "partial": "Prometheus 有{missing}/{wanted}天没有返回（{why}），仅使用已取得的部分。",
    "cut": "还有{left}个未显示，可指定名称查看。",
}
